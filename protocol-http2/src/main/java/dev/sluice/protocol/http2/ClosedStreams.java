// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static io.netty.handler.codec.http2.Http2Error.STREAM_CLOSED;
import static io.netty.handler.codec.http2.Http2Exception.connectionError;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Tells, of a stream that is no more, whether it ever was. The codec forgets closed streams, and
 * takes whatever comes for one as it takes what comes for a stream that it has reset itself.
 */
class ClosedStreams {

  /** Of the ids that a client left out: they tell one error from another, and no more. */
  private static final int GAPS = 64;

  private final Http2Connection connection;
  private final int most;

  /** The latest that the node has reset, in their order. */
  private final Set<Integer> resets = new LinkedHashSet<>(0);

  private final int[] gaps = new int[2 * GAPS];
  private int nextGap;
  private int last = -1;

  /**
   * Of the streams that a client begins, seen by their server.
   *
   * @param most resets that are remembered
   */
  ClosedStreams(Http2Connection connection, int most) {
    this.connection = connection;
    this.most = most;
  }

  /**
   * Of the streams that a client begins, seen by itself: responses come in any order, and what
   * comes for a stream that was begun and is no more has crossed its end on the way.
   */
  static ClosedStreams ofClient(Http2Connection connection) {
    return new ClosedStreams(connection, 0) {
      @Override
      boolean headers(int stream) throws Http2Exception {
        if ((stream & 1) == 0) {
          // Those of a server begin with a PUSH_PROMISE, and none is taken.
          throw connectionError(PROTOCOL_ERROR, "Stream %d was begun by the server", stream);
        }
        return !wasReset(stream);
      }

      @Override
      boolean wasReset(int stream) {
        return connection.stream(stream) == null && connection.streamMayHaveExisted(stream);
      }
    };
  }

  /** The node has reset it: what the client sent before it knew is to be dropped. */
  void reset(int stream) {
    if (resets.add(stream) && resets.size() > most) {
      Iterator<Integer> oldest = resets.iterator();
      oldest.next();
      oldest.remove();
    }
  }

  /**
   * Header fields have come for a stream.
   *
   * @return {@code false}: they crossed a reset on their way, and are to be dropped
   * @throws Http2Exception as RFC 9113, section 5.1.1, has it for ids that go back, and RFC 7540,
   *     section 5.1, for streams that are closed
   */
  boolean headers(int stream) throws Http2Exception {
    if ((stream & 1) == 0) {
      return true; // The codec knows that these are not a client's.
    }
    if (stream > last) {
      if (stream - last > 2) {
        gaps[nextGap] = last;
        gaps[nextGap + 1] = stream;
        nextGap = (nextGap + 2) % gaps.length;
      }
      last = stream;
      return true;
    }
    Http2Stream known = connection.stream(stream);
    if (known != null) {
      if (known.state() == Http2Stream.State.HALF_CLOSED_REMOTE) {
        throw streamError(stream, STREAM_CLOSED, "Stream %d is half closed", stream);
      }
      return true;
    }
    if (wasReset(stream)) {
      return false;
    }
    throw connectionError(
        leftOut(stream) ? PROTOCOL_ERROR : STREAM_CLOSED, "Stream %d is closed", stream);
  }

  /** Whether the node has reset it, lately. */
  boolean wasReset(int stream) {
    return resets.contains(stream);
  }

  private boolean leftOut(int stream) {
    for (int i = 0; i < gaps.length; i += 2) {
      if (gaps[i] < stream && stream < gaps[i + 1]) {
        return true;
      }
    }
    return false;
  }
}
