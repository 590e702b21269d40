// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.testkit.PlatformHarness;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLSocket;

/**
 * The real transport on loopback, with Java's own sockets as clients, under the contract's rules.
 */
final class NodeHarness implements PlatformHarness {

  private static final int INBOUND_BUDGET = 256 << 10;

  private final boolean secure;
  private final TestNode node =
      new TestNode(
          TransportOptions.defaults()
              .withThreads(2, 8)
              .withQueueLimits(INBOUND_BUDGET, INBOUND_BUDGET, 64 << 20));
  private final IdentityHashMap<CustomProtocolSubsystem, OpenSslServer> servers =
      new IdentityHashMap<>();
  private final List<SocketClient> clients = new ArrayList<>();

  NodeHarness(boolean secure) {
    this.secure = secure;
  }

  @Override
  public boolean secure() {
    return secure;
  }

  @Override
  public int inboundBudget() {
    return INBOUND_BUDGET + 1;
  }

  @Override
  public Client connect(CustomProtocolSubsystem protocol) {
    return connect(protocol, served -> served);
  }

  @Override
  public Client connectCapped(CustomProtocolSubsystem protocol) {
    return connect(protocol, served -> served.caps(0, 10));
  }

  @Override
  public Client connectIdle(CustomProtocolSubsystem protocol, Duration idleTimeout) {
    EndpointOptions.Limits defaults = EndpointOptions.Limits.defaults();
    return connect(
        protocol,
        served ->
            served.limits(
                new EndpointOptions.Limits(
                    idleTimeout,
                    defaults.handshakeTimeout(),
                    defaults.slowConsumerTimeout(),
                    defaults.highMark(),
                    defaults.hardMark(),
                    defaults.lingerTimeout())));
  }

  private Client connect(
      CustomProtocolSubsystem protocol, UnaryOperator<TestNode.Interface> options) {
    try {
      OpenSslServer server = servers.get(protocol);
      if (server == null) {
        server = options.apply(node.serve(protocol).tls(secure)).listen();
        servers.put(protocol, server);
      }
      SocketClient client = new SocketClient(server, secure);
      clients.add(client);
      return client;
    } catch (Exception e) {
      throw new AssertionError("can't connect", e);
    }
  }

  @Override
  public void drain(Duration deadline) {
    servers.values().forEach(server -> server.endpoint().drain(deadline, Duration.ZERO));
    Executor atDeadline =
        CompletableFuture.delayedExecutor(deadline.toMillis(), TimeUnit.MILLISECONDS);
    atDeadline.execute(
        () ->
            servers
                .values()
                .forEach(server -> server.endpoint().abortAll(CloseReason.DRAIN_DEADLINE)));
  }

  @Override
  public void close() {
    node.close();
    clients.forEach(SocketClient::close);
  }

  private static final class SocketClient implements Client {
    private final Socket raw;
    private final Socket socket;

    SocketClient(OpenSslServer server, boolean secure) throws IOException {
      raw = new Socket(server.address().getAddress(), server.address().getPort());
      raw.setTcpNoDelay(true);
      raw.setSoTimeout((int) TestNode.PATIENCE.toMillis());
      if (secure) {
        SSLSocket ssl =
            (SSLSocket)
                TestCertificates.clientContext(null)
                    .getSocketFactory()
                    .createSocket(raw, "localhost", raw.getPort(), false);
        ssl.startHandshake();
        socket = ssl;
      } else {
        socket = raw;
      }
    }

    @Override
    public void send(byte[] bytes) {
      try {
        socket.getOutputStream().write(bytes);
      } catch (IOException e) {
        throw new AssertionError("can't send", e);
      }
    }

    @Override
    public byte[] receive(int count) {
      try {
        byte[] bytes = socket.getInputStream().readNBytes(count);
        if (bytes.length < count) {
          throw new AssertionError("ended after " + bytes.length + " of " + count + " bytes");
        }
        return bytes;
      } catch (IOException e) {
        throw new AssertionError("can't receive", e);
      }
    }

    @Override
    public byte[] receiveToEnd() {
      try {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        socket.getInputStream().transferTo(all);
        return all.toByteArray();
      } catch (IOException e) {
        throw new AssertionError("broken off", e);
      }
    }

    @Override
    public void awaitEnd() {
      byte[] some = new byte[8192];
      try {
        InputStream in = socket.getInputStream();
        while (in.read(some) >= 0) {
          // Thrown away.
        }
      } catch (SocketTimeoutException e) {
        throw new AssertionError("the connection does not end", e);
      } catch (IOException brokenOff) {
        // An end as well.
      }
    }

    @Override
    public void endOutput() {
      try {
        socket.shutdownOutput();
      } catch (IOException e) {
        throw new AssertionError("can't end the output", e);
      }
    }

    @Override
    public void reset() {
      try {
        raw.setSoLinger(true, 0);
        raw.close();
      } catch (IOException e) {
        throw new AssertionError("can't reset", e);
      }
    }

    @Override
    public void close() {
      try {
        socket.close();
        raw.close();
      } catch (IOException ignored) {
        // Gone already.
      }
    }
  }
}
