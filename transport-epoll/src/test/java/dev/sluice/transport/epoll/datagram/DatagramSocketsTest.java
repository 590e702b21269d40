// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.datagram;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.session.bridge.BridgeOptions;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.ProtocolChoice;
import dev.sluice.transport.epoll.loop.LoopGroup;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Ticker;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

/** The sockets of an interface, on a loop that a test can end. */
@Isolated("It changes what is logged.")
class DatagramSocketsTest {

  private static final byte BAD = '!';

  private final LoopGroup group = new LoopGroup("test-loop", 1);
  private final EventLoop loop = group.next();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final Connections connections =
      new Connections(
          new BridgeOptions(1 << 20, 1 << 20, 1 << 20, Duration.ofSeconds(60), 10),
          List.of(loop),
          execution -> Runnable::run,
          Ticker.systemTicker(),
          InstantSource.system());
  private final Endpoint endpoint =
      connections.endpoint(
          new EndpointOptions(
              "datagrams",
              ProtocolChoice.only(Protocol.of(new Listening())),
              RpcMap.EMPTY,
              false,
              10,
              10,
              EndpointOptions.Limits.defaults()));
  private final DatagramSockets sockets =
      new DatagramSockets(endpoint, DatagramOptions.defaults(), loop, allocator);

  private final class Listening implements CustomProtocolSubsystem {
    @Override
    public String name() {
      return "LISTENING";
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new Session() {
        @Override
        public void handleIncomingData(ByteBuf data) {
          heard.add("data");
          if (data.getByte(0) == BAD) {
            throw new IllegalStateException("as the test wants");
          }
        }

        @Override
        public boolean sendData(ByteBuf data) {
          return false;
        }

        @Override
        public void closeSession() {}

        @Override
        public void connectionClosed(CloseReason reason) {
          heard.add("closed " + reason);
        }
      };
    }
  }

  @AfterEach
  void end() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private InetSocketAddress listen() throws IOException {
    InetSocketAddress bound =
        sockets.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    sockets.listen();
    return bound;
  }

  private static void send(InetSocketAddress to, byte what) throws IOException {
    try (DatagramSocket client = new DatagramSocket()) {
      client.send(new DatagramPacket(new byte[] {what}, 1, to));
    }
  }

  private void assertHears(String what) throws InterruptedException {
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo(what);
  }

  @Test
  void aLoopThatEndsBeforeItsPeersTellsThemOfTheirEnd() throws Exception {
    send(listen(), (byte) '.');
    assertHears("data");
    sockets.close();

    end();

    assertHears("closed " + CloseReason.INTERNAL_ERROR);
    assertThat(endpoint.unfinished()).isZero();
    assertThat(connections.remains()).isEqualTo(Connections.Remains.NOTHING);
    assertThat(endpoint.metrics().snapshot().errors()).isEmpty();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
    // More than once, at every state.
    sockets.close();
  }

  /** The last peer may find its end only then, as where a stop aborts it. */
  @Test
  void aPeerThatEndsBehindItsLoopHearsOfItToo() throws Exception {
    listen();
    sockets.opened();
    sockets.close();
    end();

    sockets.closed();

    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  @Test
  void aLogThatFailsKeepsNoSessionFromItsEnd() throws Exception {
    Logger log = (Logger) LoggerFactory.getLogger(Endpoint.class);
    ConsoleAppender<ILoggingEvent> failing =
        new ConsoleAppender<>() {
          @Override
          public void doAppend(ILoggingEvent event) {
            throw new NoClassDefFoundError("the/log/is/Full");
          }
        };
    log.addAppender(failing);
    log.setAdditive(false);
    log.setLevel(Level.DEBUG);
    try {
      InetSocketAddress address = listen();
      for (int i = 0; i < 2; i++) {
        send(address, BAD);
        assertHears("data");
        assertHears("closed " + CloseReason.PROTOCOL_ERROR);
      }
      assertThat(endpoint.awaitNone(Duration.ofSeconds(10))).isTrue();
      assertThat(connections.remains()).isEqualTo(Connections.Remains.NOTHING);
      assertThat(endpoint.metrics().snapshot().errors()).containsEntry("session", 2L);
      sockets.close();
    } finally {
      log.setLevel(null);
      log.setAdditive(true);
      log.detachAppender(failing);
    }
  }
}
