// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ConnId;
import dev.sluice.api.Transport;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The life of the peer behind one address. It is there from its first datagram until its session
 * closes it, it has been silent for too long, or the node ends. Its events, all on the loop: {@link
 * #begin}, {@link #registered}, then {@link #received} and {@link #sent}, and {@link #socketGone}
 * where the socket ends first.
 */
public final class DatagramBridge extends SessionBridge {

  private final DatagramOutput output;
  private final DatagramInput input;
  private final InetSocketAddress remote;
  private final Deadlines deadlines;
  private final @Nullable AmplificationGuard guard;

  // Loop only.
  private final DatagramCompletions completions = new DatagramCompletions(calls());
  private boolean swept;
  private boolean heardFrom;
  private boolean forgotten;
  private int inFlight;

  // Written on the loop, read by whoever lists connections.
  private long bytesOut;
  private long bytesInFlight;

  /** Who wants to hear of a datagram. */
  public static final class Told {
    final WriteCompletion listener;
    boolean known;
    boolean sent;

    Told(WriteCompletion listener) {
      this.listener = listener;
    }
  }

  DatagramBridge(
      Endpoint endpoint,
      ConnId id,
      Admission.Place place,
      DatagramOutput output,
      InetSocketAddress remote) {
    super(
        endpoint,
        endpoint.options(),
        null,
        id,
        output.wire().loop(),
        output.wire().allocator(),
        place);
    this.output = output;
    this.remote = remote;
    this.input = new DatagramInput(this, output.pass());
    Connections connections = endpoint.connections();
    this.deadlines =
        new Deadlines(
            options().limits(), connections.options().requestTimeout(), connections.now());
    int times = output.datagrams().amplification();
    this.guard = times == 0 ? null : new AmplificationGuard(times);
  }

  // ---- events

  /** The loop looks after it from now on. */
  public void registered() {
    if (!gone()) {
      swept = true;
      endpoint().connections().sweepOf(loop()).add(this);
    }
  }

  /**
   * Works off what other threads have handed over: a close may be among it, and what comes behind
   * that is for a new session.
   */
  public void catchUp() {
    caughtUp();
  }

  /**
   * One datagram.
   *
   * @param data stays the caller's
   */
  public void received(ByteBuf data) {
    heardFrom = true;
    if (guard != null) {
      guard.received(data.readableBytes());
    }
    input.received(data);
  }

  @Override
  void inputProcessed(int cost) {
    input.processed(cost);
  }

  void passComplete() {
    input.passComplete();
  }

  /**
   * What became of a datagram: the kernel took it, or will never.
   *
   * @param size as {@link DatagramWire#send} was given it
   * @param told likewise
   * @param success whether it was taken
   */
  public void sent(int size, @Nullable Told told, boolean success) {
    inFlight--;
    bytesInFlight -= size;
    if (success) {
      bytesOut += size;
    }
    output.completed(size, success);
    completions.tell(told, success);
    if (inFlight == 0 && forgotten) {
      finish();
    }
  }

  /** The session has released a buffer on its way, of which {@link #sent} is told as well. */
  public void bufferReleased() {
    if (!gone() && !forgotten) {
      unsendable(
          new IllegalReferenceCountException("a buffer was released after it had been written"));
    }
  }

  /** The socket was closed below. */
  public void socketGone() {
    cause().request(loop().isShuttingDown() ? Ending.LOOP_STOPPED : Ending.SOCKET_CLOSED);
    endNow();
  }

  // ---- output

  @Override
  boolean write(ByteBuf data, @Nullable WriteCompletion completion) {
    boolean onLoop = loop().inEventLoop();
    if (onLoop) {
      caughtUp();
      if (refusesWrites()) {
        // A close was among it; nobody may be left to hear of a write that is let in now.
        Buffers.release(data);
        return false;
      }
    }
    int size = data.readableBytes();
    if (!allowed(size)) {
      data.release();
      return false;
    }
    if (!output.reserve(size)) {
      // Lost as on the network; what is queued already goes first.
      data.release();
      endpoint().metrics().error(EndpointMetrics.Errors.OUTPUT_OVERFLOW);
      return completion == null || tellLost(completion, onLoop);
    }
    if (onLoop) {
      writeOnLoop(data, size, completion, 0);
      if (!calls().running()) {
        output.scheduleFlush();
      }
    } else if (!handOver(data, size, completion)) {
      output.takeBack(size);
      data.release();
      return false;
    }
    output.reserved(this);
    return true;
  }

  /** False: it found the connection gone. */
  private boolean handOver(ByteBuf data, int size, @Nullable WriteCompletion completion) {
    Tapping hears = tapping();
    long at = hears == null ? 0 : hears.now();
    return push(
        new Handoff.Operation() {
          @Override
          void run() {
            writeOnLoop(data, size, completion, at);
          }
        });
  }

  /** False: it found the connection gone. */
  private boolean tellLost(WriteCompletion completion, boolean onLoop) {
    if (onLoop) {
      completions.tell(completions.add(completion), false);
      return true;
    }
    return push(
        new Handoff.Operation() {
          @Override
          void run() {
            completions.tell(completions.add(completion), false);
          }
        });
  }

  private boolean allowed(int size) {
    if (size > output.datagrams().maxSize()) {
      endpoint().metrics().error(EndpointMetrics.Errors.WRITE_TOO_LARGE);
      return false;
    }
    if (guard != null && !guard.take(size)) {
      endpoint().metrics().error(EndpointMetrics.Errors.AMPLIFICATION);
      return false;
    }
    return true;
  }

  /**
   * A datagram that was reserved.
   *
   * @param at when another thread wrote it, for who hears it; 0: now
   */
  private void writeOnLoop(ByteBuf data, int size, @Nullable WriteCompletion completion, long at) {
    Told told = completions.add(completion);
    boolean freed = !Buffers.isWhole(data);
    if (gone() || forgotten || freed) {
      Buffers.release(data);
      output.takeBack(size);
      completions.tell(told, false);
      if (freed) {
        bufferReleased();
      }
      return;
    }
    Tapping hears = tapping();
    if (hears != null) {
      hears.written(at, data);
    }
    inFlight++;
    bytesInFlight += size;
    output.write(data, this, size, told);
  }

  @Override
  boolean writable() {
    return output.writable(this);
  }

  // ---- the end

  /** What was written goes out, then the session hears its end. */
  @Override
  void beginClose() {
    if (gone() || forgotten) {
      return;
    }
    forget();
    output.flush();
    if (inFlight == 0) {
      finish();
    }
  }

  /** Without waiting for the socket. */
  @Override
  void endNow() {
    if (!gone()) {
      forget();
      finish();
    }
  }

  /** What comes from its address from now on is for another. */
  private void forget() {
    if (!forgotten) {
      forgotten = true;
      output.wire().forget(this);
    }
  }

  private void finish() {
    if (!markGone()) {
      return;
    }
    closeHandoff();
    output.forget(this);
    if (swept) {
      endpoint().connections().sweepOf(loop()).remove(this);
    }
    completions.end();
    output.wire().gone(this);
    end();
  }

  /**
   * Only what comes from the peer keeps it: that the kernel takes what is sent to an address says
   * nothing of anybody being there.
   */
  @Override
  void look(long now) {
    if (gone()) {
      return;
    }
    if (forgotten) {
      if (deadlines.lingeredOut(now, this)) {
        finish();
      }
      return;
    }
    boolean heard = heardFrom;
    heardFrom = false;
    SessionCalls of = calls();
    Ending verdict =
        deadlines.ofService(now, heard, true, of.busy(), of.silenceNanos(), of.idleNanos());
    if (verdict != null) {
      abort(verdict);
    }
  }

  // ---- the rest of what the session asks for

  @Override
  boolean shutdownOutput() {
    // There is no such thing between datagrams.
    return false;
  }

  /** The socket is everybody's: what this peer sends meanwhile is dropped, and counted. */
  @Override
  void pause(boolean wanted) {
    input.pause(wanted);
  }

  @Override
  void heldMore() {}

  @Override
  void peerVerified() {
    if (guard != null) {
      guard.verified();
    }
  }

  @Override
  void callsRested() {
    output.flush();
  }

  @Override
  void flushWritten() {
    // Many peers may hand over at once: one flush behind all of them.
    output.scheduleFlush();
  }

  // ---- getters

  DatagramInput input() {
    return input;
  }

  long sentBytes() {
    return bytesOut;
  }

  long bytesInFlight() {
    return bytesInFlight;
  }

  DatagramOutput output() {
    return output;
  }

  @Override
  boolean choosing() {
    return false;
  }

  @Override
  boolean inputEnded() {
    return false;
  }

  @Override
  Transport transport() {
    return Transport.UDP;
  }

  @Override
  @Nullable SocketAddress localAddress() {
    return output.wire().localAddress();
  }

  /** The other end: the same always. */
  @Override
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  @Override
  ConnectionFigures figures() {
    return new DatagramFigures(this);
  }
}
