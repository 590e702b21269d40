// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks.clients;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import dev.sluice.protocol.http1.Http1Protocol;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.TransportOptions;
import dev.sluice.transport.epoll.outbound.ClientSide;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Sessions of HTTP/1.1 on the platform's outbound connections, one event loop. */
final class SluiceAsking extends AskingClient {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Http1Protocol protocol = new Http1Protocol();
  private final EpollTransport transport;
  private final OutboundConnections outbound;
  private final List<Asker> askers = new ArrayList<>();

  SluiceAsking(int connections) {
    super(connections);
    TransportOptions defaults = TransportOptions.defaults();
    transport =
        new EpollTransport(
            new TransportOptions(
                1,
                1,
                defaults.inboundQueueLimit(),
                defaults.inboundConnectionLimit(),
                defaults.outboundQueueLimit(),
                defaults.requestTimeout(),
                new AdaptiveByteBufAllocator()));
    outbound =
        transport.openOutbound(OutboundSettings.defaults(), this::client, ClientCertificates.NONE);
  }

  private Protocol client(String name) {
    return ClientSide.of(
        name, protocol.client().orElseThrow(), Execution.EVENT_LOOP, List.of(), null);
  }

  @Override
  void open(int port, boolean secure) throws Exception {
    OutboundOptions options =
        secure
            ? OutboundOptions.builder()
                .tls(OutboundTls.builder().insecureNoVerification().build())
                .idleTimeout(Duration.ofMinutes(10))
                .build()
            : OutboundOptions.builder().plaintext().idleTimeout(Duration.ofMinutes(10)).build();
    for (int i = 0; i < connections(); i++) {
      askers.add(
          new Asker(
              (HttpClientSession)
                  outbound
                      .connector()
                      .connect(new OutboundTarget("127.0.0.1", port), options, "HTTP1")
                      .toCompletableFuture()
                      .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                      .session()));
    }
  }

  @Override
  void ask(int connection) {
    askers.get(connection).ask();
  }

  @Override
  public void close() {
    outbound.openNoMore();
    outbound.endpoint().abortAll(CloseReason.TERMINATED);
    try {
      boolean unused = outbound.endpoint().awaitNone(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    outbound.close();
    List<String> unused = transport.stop(PATIENCE);
  }

  private final class Asker implements HttpResponseReceiver {
    private final HttpClientSession session;
    private int status;
    private long length;

    Asker(HttpClientSession session) {
      this.session = session;
    }

    void ask() {
      length = 0;
      var unused = session.send(HttpClientRequest.get(PATH), this);
    }

    @Override
    public void head(HttpResponseHead head) {
      status = head.status();
    }

    @Override
    public void part(ByteBuf data) {
      length += data.readableBytes();
    }

    @Override
    public void end(RpcHeaders trailers) {
      if (answered(status, length)) {
        ask();
      }
    }

    @Override
    public void failed(HttpClientException failure) {
      SluiceAsking.this.failed(failure);
    }
  }
}
