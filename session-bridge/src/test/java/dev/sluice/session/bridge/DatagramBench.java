// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.bridge.DatagramBridge.Told;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Peers of one socket, which keeps what is sent until the test takes it as the kernel. */
final class DatagramBench implements DatagramWire {

  /** No buffer is to be had. */
  boolean outOfMemory;

  private final ByteBufAllocator allocator =
      new AbstractByteBufAllocator(false) {
        @Override
        protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
          if (outOfMemory) {
            throw new OutOfMemoryError("as many as there may be");
          }
          return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initialCapacity, maxCapacity);
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
          return newHeapBuffer(initialCapacity, maxCapacity);
        }

        @Override
        public boolean isDirectBufferPooled() {
          return false;
        }
      };

  /** The largest datagram; one is over the high mark, three are over the hard one. */
  static final int SIZE = 2000;

  private record Datagram(DatagramBridge to, int size, Told told) {}

  private final Bench bench = new Bench();
  private final DatagramOutput output;
  private final List<DatagramBridge> peers = new ArrayList<>();
  private final ArrayDeque<Datagram> sent = new ArrayDeque<>();

  /** Each peer has a session. */
  DatagramBench(int count) {
    this(
        count,
        bench ->
            new DatagramOutput(
                bench.endpoint(), bench.options(), new DatagramPass(bench.endpoint()), bench));
  }

  DatagramBench(int count, Function<DatagramBench, DatagramOutput> outputs) {
    this.output = outputs.apply(this);
    for (int i = 0; i < count; i++) {
      InetSocketAddress from = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1 + i);
      DatagramBridge peer = bench.endpoint.peer(bench.endpoint.admit(null), output, from);
      peer.begin();
      peer.registered();
      peers.add(peer);
      receive(i);
    }
  }

  /** A pass that brings one datagram. */
  void receive(int peer) {
    output.pass().begin();
    ByteBuf data = Unpooled.buffer(1).writeZero(1);
    peers.get(peer).received(data);
    data.release();
    output.pass().complete();
  }

  DatagramBridge peer(int peer) {
    return peers.get(peer);
  }

  boolean reply(int peer, boolean terminate, ByteBuf data) {
    return bench.connections.reply(peers.get(peer).id(), terminate, data);
  }

  Endpoint endpoint() {
    return bench.endpoint;
  }

  DatagramOptions options() {
    return new DatagramOptions(SIZE, 0, 0, 0);
  }

  DatagramOutput output() {
    return output;
  }

  void tick(Duration by) {
    bench.tick(by);
  }

  RecordingSession session(int peer) {
    return bench.sessions.get(peer);
  }

  List<RecordingSession> sessions() {
    return bench.sessions;
  }

  /** The kernel takes what is flushed, at once. */
  boolean quick;

  int waiting() {
    return sent.size();
  }

  void takeOne() {
    Datagram next = sent.remove();
    next.to.sent(next.size, next.told, true);
    bench.loop.runAll();
  }

  /** The socket ends, and leaves nothing. */
  void finish() {
    peers.forEach(DatagramBridge::socketGone);
    while (!sent.isEmpty()) {
      takeOne();
    }
    output.discard();
    bench.bridge.abort(Ending.DRAIN_DEADLINE);
    bench.finish();
    bench.loop.runAll();
    assertThat(bench.connections.remains()).isEqualTo(Connections.Remains.NOTHING);
  }

  // ---- the wire

  @Override
  public void send(ByteBuf data, DatagramBridge to, int size, Told told) {
    data.release();
    sent.add(new Datagram(to, size, told));
  }

  @Override
  public void flush() {
    // Not what is written meanwhile.
    for (int left = quick ? sent.size() : 0; left > 0; left--) {
      Datagram next = sent.remove();
      next.to.sent(next.size, next.told, true);
    }
  }

  @Override
  public void forget(DatagramBridge peer) {}

  @Override
  public void gone(DatagramBridge peer) {}

  @Override
  public SocketAddress localAddress() {
    return null;
  }

  @Override
  public ManualLoop loop() {
    return bench.loop;
  }

  @Override
  public ByteBufAllocator allocator() {
    return allocator;
  }
}
