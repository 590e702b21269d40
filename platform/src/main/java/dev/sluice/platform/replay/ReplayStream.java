// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

import dev.sluice.api.TlsInfo;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.StreamBridge;
import dev.sluice.session.bridge.StreamWire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A stream whose peer takes all that it is sent. */
final class ReplayStream implements StreamWire, ReplayWire {

  private final ReplayLoop loop;
  private final @Nullable InetSocketAddress local;
  private final @Nullable InetSocketAddress remote;
  private final @Nullable TlsInfo tls;
  private final StreamBridge bridge;

  /** What the peer did and the session has not heard of, since it wants no input. */
  private final ArrayDeque<Runnable> arriving = new ArrayDeque<>();

  private boolean readsWanted = true;
  private boolean inPass;
  private boolean progressed;
  private boolean closed;
  private long mark;

  ReplayStream(
      ReplayLoop loop,
      Endpoint endpoint,
      Admission.Place place,
      @Nullable InetSocketAddress local,
      @Nullable InetSocketAddress remote,
      @Nullable TlsInfo tls) {
    this.loop = loop;
    this.local = local;
    this.remote = remote;
    this.tls = tls;
    this.bridge = endpoint.accepted(place, loop, UnpooledByteBufAllocator.DEFAULT, this);
  }

  @Override
  public StreamBridge bridge() {
    return bridge;
  }

  // ---- events

  @Override
  public void open() {
    bridge.begin();
    bridge.registered();
    bridge.established(tls);
  }

  @Override
  public void deliver(byte[] data) {
    arriving.add(
        () -> {
          inPass = true;
          bridge.received(Unpooled.copiedBuffer(data));
        });
    pump();
  }

  @Override
  public void passComplete() {
    arriving.add(
        () -> {
          if (inPass) {
            inPass = false;
            bridge.passComplete();
          }
        });
    pump();
  }

  @Override
  public void endInput() {
    arriving.add(bridge::peerEnded);
    pump();
  }

  private void pump() {
    while (readsWanted && !closed && !arriving.isEmpty()) {
      arriving.remove().run();
    }
  }

  // ---- effects

  @Override
  public boolean takesMore() {
    return true;
  }

  @Override
  public void write(ByteBuf data, long at) {
    data.release();
    progressed = true;
    mark = Math.max(mark, at);
  }

  @Override
  public void flush() {
    bridge.taken(mark);
  }

  @Override
  public void reads(boolean wanted) {
    readsWanted = wanted;
    if (wanted) {
      loop.execute(this::pump);
    }
  }

  @Override
  public void endOutput() {
    bridge.outputEnded(true);
    if (bridge.closeRequested()) {
      // As a client does that has got all it is going to get.
      loop.execute(bridge::peerEnded);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arriving.clear();
      bridge.wireClosed();
      loop.execute(bridge::wireGone);
    }
  }

  @Override
  public void abort() {
    close();
  }

  @Override
  public boolean progressed() {
    boolean before = progressed;
    progressed = false;
    return before;
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return local;
  }

  @Override
  public @Nullable SocketAddress remoteAddress() {
    return remote;
  }
}
