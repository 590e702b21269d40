// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.DatagramBridge;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.session.bridge.DatagramOutput;
import dev.sluice.session.bridge.DatagramPass;
import dev.sluice.session.bridge.DatagramWire;
import dev.sluice.session.bridge.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A socket that one peer sends datagrams to, and whose kernel takes all that it is given. */
final class ReplayDatagrams implements DatagramWire, ReplayWire {

  /** What was written and not flushed. */
  private record Datagram(int size, DatagramBridge.@Nullable Told told) {}

  private final ReplayLoop loop;
  private final @Nullable InetSocketAddress local;
  private final DatagramPass pass;
  private final DatagramOutput output;
  private final DatagramBridge bridge;
  private final ArrayDeque<Datagram> queue = new ArrayDeque<>();
  private boolean inPass;

  ReplayDatagrams(
      ReplayLoop loop,
      Endpoint endpoint,
      Admission.Place place,
      @Nullable InetSocketAddress local,
      InetSocketAddress remote) {
    this.loop = loop;
    this.local = local;
    this.pass = new DatagramPass(endpoint);
    // The largest that any configuration allows, or a smaller one would refuse what was sent.
    DatagramOptions options = new DatagramOptions(DatagramOptions.LARGEST, 0, 0, 0);
    this.output = new DatagramOutput(endpoint, options, pass, this);
    this.bridge = endpoint.peer(place, output, remote);
  }

  @Override
  public DatagramBridge bridge() {
    return bridge;
  }

  // ---- events

  @Override
  public void open() {
    bridge.begin();
    bridge.registered();
  }

  @Override
  public void deliver(byte[] data) {
    if (!inPass) {
      inPass = true;
      pass.begin();
    }
    ByteBuf datagram = Unpooled.copiedBuffer(data);
    try {
      bridge.received(datagram);
    } finally {
      datagram.release();
    }
  }

  @Override
  public void passComplete() {
    if (inPass) {
      inPass = false;
      pass.complete();
    }
  }

  /** There is no such thing between datagrams. */
  @Override
  public void endInput() {}

  // ---- effects

  @Override
  public void send(ByteBuf data, DatagramBridge to, int size, DatagramBridge.@Nullable Told told) {
    data.release();
    queue.add(new Datagram(size, told));
  }

  @Override
  public void flush() {
    // Not what is written meanwhile.
    for (int left = queue.size(); left > 0 && !queue.isEmpty(); left--) {
      Datagram next = queue.remove();
      bridge.sent(next.size, next.told, true);
    }
  }

  @Override
  public void forget(DatagramBridge peer) {
    // The socket is this peer's alone.
  }

  @Override
  public void gone(DatagramBridge peer) {
    for (Datagram next = queue.poll(); next != null; next = queue.poll()) {
      bridge.sent(next.size, next.told, false);
    }
    output.discard();
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return local;
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
