// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.HttpProblem;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import java.time.Duration;

/**
 * Counts what costs a peer nothing and the node something, and says when it is too much. The frames
 * of a connection come by here before the codec sees them.
 */
final class Floods {

  static final byte DATA = 0;
  static final byte HEADERS = 1;
  static final byte RST_STREAM = 3;
  static final byte SETTINGS = 4;
  static final byte PUSH_PROMISE = 5;
  static final byte PING = 6;
  static final byte GOAWAY = 7;
  static final byte WINDOW_UPDATE = 8;
  static final byte CONTINUATION = 9;
  private static final byte PRIORITY = 2;

  /** Of its payload (RFC 9113, section 6.9). */
  static final int WINDOW_UPDATE_LENGTH = 4;

  static final int END_STREAM = 0x1;
  private static final int PADDED = 0x8;

  /** Of one header block: more small ones than any client cuts it into (CVE-2024-27316 and kin). */
  static final int MAX_CONTINUATIONS = 16;

  /** Half of what every endpoint takes in one frame. */
  private static final int SMALL_CONTINUATION = 8 << 10;

  /**
   * What a WINDOW_UPDATE uses up, of what was sent, at the least. A frame of DATA counts as much,
   * so that a client may open its windows for each, however small.
   */
  static final int LEAST_GIVEN_BACK = 256;

  /** Larger than any window: no more than that can be given back (RFC 9113, section 6.9.1). */
  private static final long MOST_GIVEN_BACK = Integer.MAX_VALUE;

  /** Beside what opens its windows: PINGs, for one, by which a peer measures how fast it reads. */
  private static final int FOR_A_DATA_FRAME = 2;

  /** Clients may open a window and give a priority for each. */
  private static final int FOR_A_REQUEST = 2;

  private static final Duration CONTROL_FRAMES_COME_BACK_IN = Duration.ofSeconds(10);

  /** It may refuse whole bursts of requests. */
  private static final int RESETS_OF_A_SERVER = 10_000;

  private final TokenBucket control;
  private final TokenBucket resets;
  private final TokenBucket provoked;
  private final long largestBlock;
  private int continuations;
  private long block;

  // What the peer was sent and may give back, by its windows of streams and of the connection.
  private long sentOnStreams;
  private long sentOnConnection;

  private Floods(int controlFrames, int resets, Duration resetWindow, long maxHeaderSize) {
    this.control = new TokenBucket(controlFrames, CONTROL_FRAMES_COME_BACK_IN);
    this.resets = new TokenBucket(resets, resetWindow);
    this.provoked = new TokenBucket(resets, resetWindow);
    this.largestBlock = Http2CodecUtil.calculateMaxHeaderListSizeGoAway(maxHeaderSize);
  }

  /** Of a client's. */
  static Floods ofClient(HttpConfiguration limits) {
    return new Floods(
        limits.maxControlFrames(),
        limits.maxStreamResets(),
        limits.streamResetWindow(),
        limits.maxHeaderSize().bytes());
  }

  /** Of a server's. */
  static Floods ofServer(long maxHeaderSize, int controlFrames) {
    return new Floods(
        controlFrames, RESETS_OF_A_SERVER, CONTROL_FRAMES_COME_BACK_IN, maxHeaderSize);
  }

  /** A frame begins. */
  void frame(byte type, int length, byte flags) throws Http2Exception {
    switch (type) {
      case DATA -> {
        // What there is beside padding is known once it has come.
        if ((flags & PADDED) == 0) {
          data(length > 0 || (flags & END_STREAM) != 0);
        }
      }
      case HEADERS, PUSH_PROMISE -> {
        continuations = 0;
        block = 0;
        partOfBlock(length);
        control.giveBack(FOR_A_REQUEST);
      }
      case CONTINUATION -> {
        if (length < SMALL_CONTINUATION && ++continuations > MAX_CONTINUATIONS) {
          throw calm("continuation_flood");
        }
        partOfBlock(length);
      }
      case RST_STREAM -> {
        // CVE-2023-44487.
        if (!resets.take()) {
          throw calm("reset_flood");
        }
      }
      case SETTINGS -> takeControl("settings_flood");
      case PING -> takeControl("ping_flood");
      case GOAWAY -> takeControl("goaway_flood");
      case WINDOW_UPDATE -> {
        // What it gives back is known once it has come; of another length it is an error.
        if (length != WINDOW_UPDATE_LENGTH) {
          takeControl("window_update_flood");
        }
      }
      case PRIORITY -> takeControl("priority_flood");
      default -> takeControl("unknown_frame_flood");
    }
  }

  /**
   * A WINDOW_UPDATE has come. One that gives back bytes which were sent is paid for by them; one
   * that gives back less than is worth a frame, or what was never sent, carries nothing.
   *
   * @param stream 0: the connection's window
   */
  void windowUpdate(int stream, int increment) throws Http2Exception {
    long sent = stream == 0 ? sentOnConnection : sentOnStreams;
    if (sent < LEAST_GIVEN_BACK || increment == 0) {
      takeControl("window_update_flood");
      return;
    }
    long left = Math.max(0, sent - Math.max(increment, LEAST_GIVEN_BACK));
    if (stream == 0) {
      sentOnConnection = left;
    } else {
      sentOnStreams = left;
    }
  }

  /** A DATA frame has come that was padded. */
  void paddedData(boolean carries) throws Http2Exception {
    data(carries);
  }

  private void data(boolean carries) throws Http2Exception {
    if (carries) {
      control.giveBack(1);
    } else {
      takeControl("empty_data_flood");
    }
  }

  /** Up to this the fields are read, to be answered with 431; further ones are not even kept. */
  private void partOfBlock(int length) throws Http2Exception {
    block += length;
    if (block > largestBlock) {
      throw calm(HttpProblem.HEADERS_TOO_LARGE.code());
    }
  }

  private void takeControl(String kind) throws Http2Exception {
    if (!control.take()) {
      throw calm(kind);
    }
  }

  /** Body bytes were sent, which the peer will give back by its windows. */
  void dataSent(int bytes, int frames) {
    long counted = Math.max(bytes, LEAST_GIVEN_BACK);
    sentOnStreams = Math.min(MOST_GIVEN_BACK, sentOnStreams + counted);
    sentOnConnection = Math.min(MOST_GIVEN_BACK, sentOnConnection + counted);
    control.giveBack(frames * FOR_A_DATA_FRAME);
  }

  /** The client has done what made the node end a stream, its work in vain (CVE-2025-8671). */
  void provokedReset() throws Http2Exception {
    if (!provoked.take()) {
      throw calm("provoked_reset_flood");
    }
  }

  private static Http2Exception calm(String kind) {
    return new Violation(kind);
  }

  /** A limit was passed; its message is what the interface counts. Without a stack. */
  static final class Violation extends Http2Exception {

    private static final long serialVersionUID = 1;

    Violation(String kind) {
      super(ENHANCE_YOUR_CALM, kind);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }
}
