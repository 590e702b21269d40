// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.RpcMap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Ticker;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Datagrams of a session on their way to the socket. */
class DatagramWritesTest {

  private final DefaultEventExecutor loop = new DefaultEventExecutor();
  private final CompletableFuture<CloseReason> closed = new CompletableFuture<>();
  private final CompletableFuture<SessionWriter> writer = new CompletableFuture<>();

  @AfterEach
  void endLoop() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void aBufferThatIsReleasedWhileItWaitsForTheLoopIsTheSessionsFault() throws Exception {
    DatagramBridge peer = loop.submit(this::open).get(10, TimeUnit.SECONDS);
    SessionWriter session = writer.get(10, TimeUnit.SECONDS);
    CountDownLatch go = new CountDownLatch(1);
    loop.execute(
        () -> {
          try {
            assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
    CompletableFuture<Boolean> told = new CompletableFuture<>();
    ByteBuf data = Unpooled.copiedBuffer(new byte[] {1});
    assertThat(session.writeOutbound(peer.id(), data, told::complete)).isTrue();
    data.release();
    go.countDown();
    assertThat(told.get(10, TimeUnit.SECONDS)).isFalse();
    assertThat(closed.get(10, TimeUnit.SECONDS)).isEqualTo(CloseReason.PROTOCOL_ERROR);
    assertThat(peer.endpoint().metrics().snapshot().errors()).containsEntry("session", 1L);
  }

  private DatagramBridge open() {
    Connections connections =
        new Connections(
            new BridgeOptions(1 << 20, 1 << 20, 1 << 20, Duration.ofSeconds(60), 0),
            List.of(loop),
            execution -> loop,
            Ticker.systemTicker(),
            InstantSource.system());
    Endpoint endpoint =
        connections.endpoint(
            new EndpointOptions(
                "test",
                ProtocolChoice.only(Protocol.of(new Told())),
                RpcMap.EMPTY,
                false,
                1,
                1,
                EndpointOptions.Limits.defaults()));
    Admission.Place place = endpoint.reserve();
    assertThat(place).isNotNull();
    DatagramPass pass = new DatagramPass(endpoint);
    DatagramOutput output =
        new DatagramOutput(endpoint, DatagramOptions.defaults(), pass, new NoSocket());
    DatagramBridge peer =
        endpoint.peer(place, output, InetSocketAddress.createUnresolved("peer", 1));
    peer.begin();
    peer.registered();
    pass.begin();
    peer.received(Unpooled.EMPTY_BUFFER);
    pass.complete();
    return peer;
  }

  private final class Told implements CustomProtocolSubsystem {
    @Override
    public String name() {
      return "TOLD";
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }

    @Override
    public Session create(ConnId id, SessionWriter made) {
      writer.complete(made);
      return new Session() {
        @Override
        public void handleIncomingData(ByteBuf data) {}

        @Override
        public boolean sendData(ByteBuf data) {
          return false;
        }

        @Override
        public void closeSession() {}

        @Override
        public void connectionClosed(CloseReason reason) {
          closed.complete(reason);
        }
      };
    }
  }

  private final class NoSocket implements DatagramWire {
    @Override
    public void send(
        ByteBuf data, DatagramBridge to, int size, DatagramBridge.@Nullable Told told) {
      data.release();
      to.sent(size, told, true);
    }

    @Override
    public void flush() {}

    @Override
    public void forget(DatagramBridge peer) {}

    @Override
    public void gone(DatagramBridge peer) {}

    @Override
    public @Nullable SocketAddress localAddress() {
      return null;
    }

    @Override
    public EventExecutor loop() {
      return loop;
    }

    @Override
    public ByteBufAllocator allocator() {
      return UnpooledByteBufAllocator.DEFAULT;
    }
  }
}
