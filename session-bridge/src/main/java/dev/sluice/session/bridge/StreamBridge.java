// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ConnId;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The life of one connection that carries a stream of bytes. Its events, all on the loop:
 *
 * <pre>
 *   {@link #begin}
 *   {@link #registered}                     the loop has the socket
 *   {@link #established}                    the handshake is over; without TLS at once
 *   ( {@link #received}* {@link #passComplete} | {@link #taken} | {@link #takesMore} )*
 *   {@link #peerEnded} | {@link #encryptionEnded} | {@link #outputFailed} | {@link #failed} | {@link #failedTls}
 *   {@link #outputEnded}                    what {@link StreamWire#endOutput} asked for
 *   {@link #wireClosed}                     nothing carries the bytes any more
 *   {@link #wireGone}                       and nothing will be told of any write
 * </pre>
 *
 * <p>The last two come always, and in this order; all others may be missing.
 */
public final class StreamBridge extends SessionBridge {

  private final StreamWire wire;
  private final InboundGate gate;
  private final OutboundMarks marks;
  private final StreamOutput output;
  private final StreamClosing closing;
  private final StreamInput input;
  private final StreamWrites writes;

  // Written on the loop, read by closeSocket on any thread: the peer has ended its sending side.
  private volatile boolean inputEnded;
  // Set by the session on any thread: it has ended its sending side.
  private volatile boolean outputShut;

  // Loop only.
  private final StreamReport report = new StreamReport(this);
  private boolean swept;
  private boolean movedSinceTick;

  StreamBridge(
      Endpoint endpoint,
      EndpointOptions options,
      @Nullable ConnectionOpener opener,
      ConnId id,
      EventExecutor loop,
      ByteBufAllocator allocator,
      Admission.Place place,
      StreamWire wire) {
    super(endpoint, options, opener, id, loop, allocator, place);
    this.wire = wire;
    Connections connections = endpoint.connections();
    EndpointOptions.Limits limits = options.limits();
    int most = connections.options().inboundConnectionLimit();
    this.gate = new InboundGate(wire, loop, connections.inboundBudget(), heldInput(), most);
    this.marks =
        new OutboundMarks(connections.outboundBudget(), limits.highMark(), limits.hardMark());
    this.output = new StreamOutput(this, wire, marks);
    Deadlines deadlines =
        new Deadlines(limits, connections.options().requestTimeout(), connections.now());
    this.closing = new StreamClosing(this, wire, deadlines);
    this.input = new StreamInput(this, calls(), gate);
    this.writes = new StreamWrites(this, marks, output, input);
  }

  // ---- events

  /** The loop reads from the socket from now on, unless that has closed already. */
  public void registered() {
    if (!gone()) {
      swept = true;
      endpoint().connections().sweepOf(loop()).add(this);
    }
  }

  /** The connection stands, with what TLS has agreed on: a session may be made. */
  public void established(@Nullable TlsInfo tls) {
    if (!closing.begun()) {
      closing.establish();
      calls().established(tls);
    }
  }

  /** Bytes have come that are no plaintext yet, such as those of a handshake. */
  public void bytesArrived() {
    movedSinceTick = true;
  }

  /**
   * Whether what arrives is thrown away undecrypted: see {@link #discarded}.
   *
   * @return {@code true}: our side has ended, the peer's end is waited for
   */
  public boolean lingering() {
    return closing.state().compareTo(StreamClosing.State.LINGERING) >= 0;
  }

  /** So many bytes were thrown away unread. */
  public void discarded(int bytes) {
    closing.discarded(bytes);
  }

  /**
   * Plaintext has arrived. {@link #passComplete} has to follow, behind more of it or not.
   *
   * @param data ownership passes to this method
   */
  public void received(ByteBuf data) {
    movedSinceTick = true;
    if (closing.begun()) {
      closing.discarded(data.readableBytes());
      data.release();
    } else if (!data.isReadable() || closeRequested()) {
      data.release();
    } else {
      input.received(data);
    }
  }

  /** The end of a pass of reading: tells the session, and sends what it wrote. */
  public void passComplete() {
    output.loopLooked();
    input.passComplete();
    flushNow();
  }

  /** The wire takes more. */
  public void takesMore() {
    flushNow();
  }

  /** The kernel has taken the bytes with this mark ({@link StreamWire#write}), and all before. */
  public void taken(long mark) {
    output.takenTo(mark);
  }

  /** Bytes that were written will never be taken. */
  public void outputFailed() {
    if (!inputEnded) {
      // Where nobody here asked for the end, the peer broke off.
      cause().outputFailed();
    }
    output.breakOff();
    closing.encryptionEnded();
  }

  /** The wire has ended our sending side, or could not. */
  public void outputEnded(boolean success) {
    closing.outputEnded(success);
  }

  /** The peer has ended its sending side, behind all of its input; it may still read. */
  public void peerEnded() {
    if (endInput()) {
      calls().inputClosed();
    }
  }

  /** Under TLS: nothing can be encrypted from here on, and the peer has ended its side. */
  public void encryptionEnded() {
    endInput();
    closing.encryptionEnded();
  }

  /** Whether the session is to hear of it. */
  private boolean endInput() {
    if (inputEnded) {
      return false;
    }
    // Where output has failed, input was dropped since: the session must not take it for whole.
    boolean dropped = closing.begun();
    input.ended();
    inputEnded = true;
    flushNow();
    closing.inputEnded();
    return !dropped;
  }

  /** Under TLS: what was written has to leave now, since nothing may be encrypted soon. */
  public void flushBeforeAlert() {
    output.flush();
  }

  /**
   * The connection has failed below: it is closed at once.
   *
   * @param ending what the session hears, unless a close was asked for
   * @param byPeer the peer, or the network, broke it off; else it is a failure of this node
   */
  public void failed(Ending ending, boolean byPeer) {
    if (byPeer) {
      cause().peerReset(ending);
    } else {
      cause().request(ending);
    }
    closing.closeNow();
  }

  /** The peer's end may have cut its bytes short: this stands where nobody asked for a close. */
  public void endedDoubtfully(Ending ending) {
    cause().peerReset(ending);
  }

  /**
   * TLS has failed, and an alert says so to the peer: our side ends behind it. Counted once,
   * however often it is told.
   *
   * @param kind what it is counted as
   * @param ending why
   * @return {@code false}: a close was asked for before
   */
  public boolean failedTls(String kind, Ending ending) {
    if (!cause().request(ending)) {
      return false;
    }
    endpoint().metrics().error(kind);
    return true;
  }

  /** Behind {@link #failedTls}, or where TLS wants the end by itself: the alert is on its way. */
  public void alertWritten() {
    closing.endBehindAlert();
  }

  /** On the loop, or where it was never registered on the thread that tried: the socket is gone. */
  public void wireClosed() {
    if (markGone()) {
      closing.wireClosed();
      if (swept) {
        endpoint().connections().sweepOf(loop()).remove(this);
      }
    }
  }

  /** Behind the failure of every write, also of those that waited to be encrypted. */
  public void wireGone() {
    wireClosed();
    input.end();
    closeHandoff();
    output.discard();
    report.update();
    end();
  }

  @Override
  void look(long now) {
    if (gone()) {
      return;
    }
    if (input.inPass()) {
      // No event has told of the pass's end, and the session's order is not to stay entered.
      passComplete();
    }
    input.look(now);
    boolean moved = movedSinceTick;
    movedSinceTick = false;
    report.update();
    closing.look(now, moved, output.progressed());
  }

  // ---- output

  @Override
  long outputStandsFor(long now) {
    return gone() ? 0 : closing.outputStandsFor(now);
  }

  @Override
  boolean heldByNode() {
    return gate.pausedByNode();
  }

  @Override
  long outputQueued() {
    return output.queued();
  }

  @Override
  boolean write(ByteBuf data, @Nullable WriteCompletion completion) {
    return writes.write(data, completion);
  }

  @Override
  boolean refusesWrites() {
    return outputShut || super.refusesWrites();
  }

  @Override
  boolean writable() {
    return marks.belowMark();
  }

  @Override
  boolean shutdownOutput() {
    if (options().secure()) {
      return false;
    }
    outputShut = true;
    onLoop(closing::shutdownOutput);
    return true;
  }

  void flushNow() {
    writes.flushNow();
  }

  @Override
  void callsRested() {
    flushNow();
  }

  @Override
  void flushWritten() {
    flushNow();
  }

  // ---- the rest of what the session asks for

  @Override
  void beginClose() {
    closing.begin();
  }

  @Override
  void endNow() {
    closing.reset();
  }

  @Override
  void pause(boolean wanted) {
    onLoop(() -> gate.set(InboundGate.SESSION, wanted));
  }

  @Override
  void heldMore() {
    gate.heldMore();
  }

  @Override
  void inputProcessed(int cost) {
    gate.processed(cost);
  }

  // ---- for the parts

  InboundGate gate() {
    return gate;
  }

  StreamOutput output() {
    return output;
  }

  StreamClosing closing() {
    return closing;
  }

  StreamInput input() {
    return input;
  }

  @Override
  boolean choosing() {
    return input.choosing();
  }

  // ---- getters

  /** Its effects: the same always. */
  public StreamWire wire() {
    return wire;
  }

  /**
   * Whether the handshake is over, or there is none: elsewhere than on the loop it may be a little
   * old.
   */
  public boolean established() {
    return closing.established();
  }

  @Override
  boolean inputEnded() {
    return inputEnded;
  }

  @Override
  Transport transport() {
    return Transport.TCP;
  }

  @Override
  @Nullable SocketAddress localAddress() {
    return wire.localAddress();
  }

  @Override
  @Nullable SocketAddress remoteAddress() {
    return wire.remoteAddress();
  }

  @Override
  ConnectionFigures figures() {
    return new StreamFigures(this);
  }
}
