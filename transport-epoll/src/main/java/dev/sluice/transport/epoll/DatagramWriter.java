// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The writer of a session on datagrams. Any thread: on the loop a call takes effect at once, unless
 * operations of other threads wait in the {@link Handoff}, which then go first; from elsewhere it
 * goes through the hand-off.
 */
final class DatagramWriter implements EndingWriter {

  private final DatagramPeer peer;
  private final ConnId id;
  private final EventLoop loop;
  private final int maxSize;
  private final Handoff handoff;

  // Once somebody has asked for a close, input is dropped and writes are refused.
  private final CloseCause cause = new CloseCause();

  DatagramWriter(DatagramPeer peer, EventLoop loop, int maxSize) {
    this.peer = peer;
    this.id = peer.id();
    this.loop = loop;
    this.maxSize = maxSize;
    // Many peers may hand over at once: one flush behind all of them.
    this.handoff = new Handoff(loop, peer.endpoint()::scheduleFlush);
  }

  /** On the loop. */
  void drain() {
    handoff.drain();
  }

  /** On the loop: what other threads hand over from now on is refused. */
  void close() {
    handoff.close();
  }

  @Override
  public CloseCause cause() {
    return cause;
  }

  @Override
  public boolean writeOutbound(ConnId to, ByteBuf data) {
    return write(to, data, null);
  }

  @Override
  public boolean writeOutbound(ConnId to, ByteBuf data, WriteCompletion completion) {
    return write(to, data, Objects.requireNonNull(completion));
  }

  private boolean write(ConnId to, ByteBuf data, @Nullable WriteCompletion completion) {
    int size = data.readableBytes();
    if (to.value() != id.value() || refusesWrites() || !allowed(size)) {
      data.release();
      return false;
    }
    if (!peer.endpoint().output().reserve(peer, size)) {
      // Lost as on the network; what is queued already goes first.
      data.release();
      peer.bridge().metrics().error(InterfaceMetrics.Errors.OUTPUT_OVERFLOW);
      if (completion != null) {
        peer.calls().complete(completion, false);
      }
      return true;
    }
    if (loop.inEventLoop()) {
      if (handoff.waiting()) {
        handoff.drain();
      }
      peer.write(data, size, completion);
      if (!peer.calls().running()) {
        peer.endpoint().scheduleFlush();
      }
      return true;
    }
    return push(data, size, completion);
  }

  private boolean allowed(int size) {
    if (size > maxSize) {
      peer.bridge().metrics().error(InterfaceMetrics.Errors.WRITE_TOO_LARGE);
      return false;
    }
    AmplificationGuard guard = peer.guard();
    if (guard != null && !guard.take(size)) {
      peer.bridge().metrics().error(InterfaceMetrics.Errors.AMPLIFICATION);
      return false;
    }
    return true;
  }

  private boolean push(ByteBuf data, int size, @Nullable WriteCompletion completion) {
    boolean pushed =
        handoff.push(
            new Handoff.Operation() {
              @Override
              void run() {
                peer.write(data, size, completion);
              }
            });
    if (!pushed) {
      peer.endpoint().output().takeBack(size);
      data.release();
    }
    return pushed;
  }

  @Override
  public boolean isWritable(ConnId of) {
    if (of.value() != id.value() || refusesWrites()) {
      return false;
    }
    DatagramOutput output = peer.endpoint().output();
    if (!output.belowMark()) {
      output.holdBack(peer);
      return false;
    }
    return true;
  }

  private boolean refusesWrites() {
    return cause.requested() || peer.gone();
  }

  @Override
  public void closeSocket(ConnId of, CloseReason reason) {
    if (of.value() == id.value()) {
      close(cause.ofSession(reason, false));
    }
  }

  @Override
  public void close(Ending wanted) {
    if (cause.request(wanted)) {
      onLoop(peer::beginClose);
    }
  }

  @Override
  public void abort(ConnId of, CloseReason reason) {
    if (of.value() == id.value()) {
      abort(Ending.of(reason));
    }
  }

  @Override
  public void abort(Ending wanted) {
    if (!peer.gone()) {
      cause.force(wanted);
      onLoop(peer::endNow);
    }
  }

  /** There is no such thing between datagrams. */
  @Override
  public boolean shutdownOutput(ConnId of) {
    return false;
  }

  /** The socket is everybody's: what this peer sends meanwhile is dropped, and counted. */
  @Override
  public void pauseReads(ConnId of) {
    if (of.value() == id.value()) {
      peer.pause(true);
    }
  }

  @Override
  public void resumeReads(ConnId of) {
    if (of.value() == id.value()) {
      peer.pause(false);
    }
  }

  @Override
  public void hold(ConnId of, int bytes) {
    if (of.value() == id.value() && bytes > 0 && !peer.gone()) {
      peer.heldInput().hold(bytes);
    }
  }

  @Override
  public void consumed(ConnId of, int bytes) {
    if (of.value() == id.value() && bytes > 0) {
      peer.heldInput().consumed(bytes);
    }
  }

  @Override
  public SessionContext context(ConnId of) {
    if (of.value() != id.value()) {
      throw new IllegalArgumentException("this is connection " + id + ", not " + of);
    }
    return peer.calls().context();
  }

  /** In the order of the writes. */
  private void onLoop(Runnable action) {
    if (loop.inEventLoop()) {
      if (handoff.waiting()) {
        handoff.drain();
      }
      action.run();
    } else {
      handoff.push(
          new Handoff.Operation() {
            @Override
            void run() {
              action.run();
            }
          });
    }
  }
}
