// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Transport;
import dev.sluice.capture.CaptureRecord;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.CaptureRecord.Way;
import dev.sluice.capture.CaptureRecord.What;
import dev.sluice.capture.CapturedSession;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.SessionTap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One session that is played: does to it what the capture says, and keeps what it writes. */
final class ReplayedSession implements SessionTap {

  /** The node's default; a capture does not say how patient its node was. */
  private static final Duration DRAIN_GRACE = Duration.ofSeconds(1);

  private final CapturedSession recorded;
  private final Connections connections;
  private final Endpoint endpoint;
  private final ReplayWire wire;

  private final ByteArrayOutputStream chain = new ByteArrayOutputStream();
  private byte @Nullable [] outside;
  private boolean inputEnded;

  // On the loop, looked at behind it.
  private final List<byte[]> written = new ArrayList<>();
  private final ByteArrayOutputStream stream = new ByteArrayOutputStream();
  private @Nullable Ending ending;

  ReplayedSession(
      CapturedSession recorded, Connections connections, Endpoint endpoint, ReplayWire wire) {
    this.recorded = recorded;
    this.connections = connections;
    this.endpoint = endpoint;
    this.wire = wire;
  }

  CapturedSession recorded() {
    return recorded;
  }

  long bridgeId() {
    return wire.bridge().id().value();
  }

  // ---- on the loop: what the capture says

  void open() {
    wire.open();
  }

  /** What comes next is another's, or nothing. */
  void passComplete() {
    wire.passComplete();
  }

  void play(OfSession record) {
    if (outside != null) {
      boolean toEnd =
          record instanceof CaptureRecord.Event event && event.what() == What.ASKED_TO_END;
      reply(outside, toEnd);
      outside = null;
      if (toEnd) {
        return;
      }
    }
    if (record instanceof Bytes bytes) {
      play(bytes);
    } else {
      passComplete();
      if (record instanceof CaptureRecord.Event event) {
        play(event);
      } else if (record instanceof Ended ended) {
        play(ended);
      }
    }
  }

  private void play(Bytes bytes) {
    chain.writeBytes(bytes.data());
    if (bytes.more()) {
      return;
    }
    byte[] data = chain.toByteArray();
    chain.reset();
    if (bytes.way() == Way.DELIVERED) {
      wire.deliver(data);
    } else {
      passComplete();
      outside = data;
    }
  }

  private void play(CaptureRecord.Event event) {
    switch (event.what()) {
      case INPUT_ENDED -> {
        inputEnded = true;
        wire.endInput();
      }
      case DRAIN -> endpoint.drain(Duration.ofNanos(Math.max(1, event.amount())), DRAIN_GRACE);
      case ASKED_TO_END -> reply(new byte[0], true);
      default -> {
        // What the session itself did, or what comes of how fast its peer read.
      }
    }
  }

  private void reply(byte[] data, boolean toEnd) {
    connections.reply(wire.bridge().id(), toEnd, Unpooled.copiedBuffer(data));
  }

  /** One that the session did not bring about itself comes from outside here, too. */
  private void play(Ended ended) {
    if (!ownEnd(ended) && !wire.bridge().closeRequested()) {
      wire.bridge().abort(endingOf(ended));
    }
  }

  private static Ending endingOf(Ended ended) {
    try {
      return Ending.of(CloseReason.of(ended.reason()));
    } catch (IllegalArgumentException unknown) {
      return Ending.of(CloseReason.TERMINATED);
    }
  }

  /** It asked for its end, or followed what it was told. */
  private boolean ownEnd(Ended ended) {
    return ended.by().equals("SESSION")
        || ended.reason().equals(CloseReason.SESSION_CLOSED.code())
        || (ended.reason().equals(CloseReason.PEER_CLOSED.code()) && inputEnded);
  }

  /** On the loop: nothing is to be left of it. */
  void finish() {
    if (outside != null) {
      reply(outside, false);
      outside = null;
    }
    passComplete();
  }

  void abort() {
    wire.bridge().abort(Ending.of(CloseReason.TERMINATED));
  }

  // ---- what came of it

  @Override
  public boolean written(long at, ByteBuf data) {
    byte[] copy = new byte[data.readableBytes()];
    data.getBytes(data.readerIndex(), copy);
    if (isStream()) {
      stream.writeBytes(copy);
    } else {
      written.add(copy);
    }
    return true;
  }

  private boolean isStream() {
    return recorded.opened().transport() == Transport.TCP;
  }

  @Override
  public boolean delivered(long at, ByteBuf data) {
    return true;
  }

  @Override
  public boolean outside(long at, ByteBuf data) {
    return true;
  }

  @Override
  public boolean event(long at, SessionTap.Event what, long amount) {
    return true;
  }

  @Override
  public void ended(long at, Ending how) {
    ending = how;
  }

  @Override
  public void failed(Throwable thrown) {
    throw new IllegalStateException(thrown);
  }

  private List<byte[]> found() {
    return isStream() && stream.size() > 0 ? List.of(stream.toByteArray()) : written;
  }

  /** Whether all that was recorded has come, be it right or wrong. */
  boolean complete() {
    List<byte[]> expected = recorded.written();
    List<byte[]> found = found();
    int last = expected.size() - 1;
    return found.size() >= expected.size()
        && (last < 0 || found.get(last).length >= expected.get(last).length);
  }

  /** Where it differs; empty: nowhere. To be asked before {@link #abort}. */
  Optional<Difference> difference() {
    Optional<Ended> end = recorded.ended();
    boolean whole = end.isPresent() && ownEnd(end.get());
    Difference bytes = Difference.between(recorded, found(), whole);
    if (bytes != null) {
      return Optional.of(bytes);
    }
    if (end.isEmpty()) {
      return Optional.empty();
    }
    String expected = end.get().reason();
    String got = ending == null ? "open" : ending.reason().code();
    // One that the session did not bring about has just been brought about here as well, unless it
    // was faster.
    return expected.equals(got)
        ? Optional.empty()
        : Optional.of(
            new Difference(
                recorded.id(),
                "its end",
                describe(expected, end.get().detail()),
                describe(got, ending == null || ending.detail() == null ? "" : ending.detail())));
  }

  private static String describe(String reason, String detail) {
    return detail.isEmpty() ? reason : reason + " (" + detail + ")";
  }
}
