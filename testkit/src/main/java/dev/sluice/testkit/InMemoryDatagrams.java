// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.DatagramBridge;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.session.bridge.DatagramOutput;
import dev.sluice.session.bridge.DatagramPass;
import dev.sluice.session.bridge.DatagramWire;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A socket in memory that one peer sends datagrams to, as the wire of its bridge. */
final class InMemoryDatagrams implements DatagramWire, InMemoryCarrier {

  /** What the bridge has written. */
  private record Datagram(ByteBuf data, int size, DatagramBridge.@Nullable Told told) {}

  private final DeterministicExecutor loop;
  private final Observer observer;
  private final Delivery delivery;
  private final DatagramPass pass;
  private final DatagramOutput output;
  private final DatagramBridge bridge;
  private final ArrayDeque<Datagram> queue = new ArrayDeque<>();
  private int flushed;

  // Written by tasks, read by tests on any thread.
  private volatile boolean gone;

  InMemoryDatagrams(
      DeterministicExecutor loop,
      Observer observer,
      Delivery delivery,
      Endpoint endpoint,
      Admission.Place place,
      ConnectionOptions options) {
    this.loop = loop;
    this.observer = observer;
    this.delivery = delivery;
    this.pass = new DatagramPass(endpoint);
    this.output = new DatagramOutput(endpoint, DatagramOptions.defaults(), pass, this);
    this.bridge = endpoint.peer(place, output, options.remote());
  }

  @Override
  public DatagramBridge bridge() {
    return bridge;
  }

  // ---- events

  @Override
  public void begin() {
    bridge.begin();
    bridge.registered();
  }

  /** What comes behind a close is for another session: here it is lost. */
  @Override
  public void arrive(byte[]... parts) {
    pass.begin();
    for (byte[] part : parts) {
      ByteBuf data = observer.arriving(part);
      bridge.received(data);
      // A session may have released what it had borrowed.
      if (data.refCnt() > 0) {
        data.release();
      }
    }
    pass.complete();
  }

  /** There is no such thing between datagrams. */
  @Override
  public void end() {}

  @Override
  public void reset() {
    bridge.abort(Ending.PEER_RESET);
  }

  @Override
  public void take() {
    while (flushed > 0 && (delivery.room() > 0 || queue.element().size() == 0)) {
      Datagram datagram = queue.remove();
      flushed--;
      byte[] bytes = new byte[datagram.size];
      if (!observer.reads(datagram.data, bytes)) {
        Observer.release(datagram.data);
        bridge.bufferReleased();
        bridge.sent(datagram.size, datagram.told, false);
      } else {
        observer.written().left(datagram.data, bytes);
        delivery.deliver(bytes);
        datagram.data.release();
        bridge.sent(datagram.size, datagram.told, true);
      }
    }
  }

  // ---- effects

  @Override
  public void send(ByteBuf data, DatagramBridge to, int size, DatagramBridge.@Nullable Told told) {
    queue.add(new Datagram(data, size, told));
  }

  @Override
  public void flush() {
    flushed = queue.size();
    take();
  }

  @Override
  public void forget(DatagramBridge peer) {
    // The socket is this peer's alone.
  }

  @Override
  public void gone(DatagramBridge peer) {
    gone = true;
    flushed = 0;
    Datagram datagram;
    while ((datagram = queue.poll()) != null) {
      Observer.release(datagram.data);
      bridge.sent(datagram.size, datagram.told, false);
    }
    output.discard();
    observer.written().close();
  }

  // ---- getters

  @Override
  public SocketAddress localAddress() {
    return InMemoryNode.ADDRESS;
  }

  @Override
  public EventExecutor loop() {
    return loop;
  }

  @Override
  public ByteBufAllocator allocator() {
    return observer.allocator();
  }

  @Override
  public boolean reading() {
    return true;
  }

  @Override
  public boolean outputEnded() {
    return gone;
  }

  @Override
  public boolean brokenOff() {
    return false;
  }
}
