// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.ScheduledTask;
import dev.sluice.protocol.http.HttpProblem;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request's body as its frames bring it: what of it is taken, dropped or stopped, and what of its
 * window is given back. Written on the connection's loop.
 */
final class IncomingData {

  /** What is read and thrown away of a body that nobody wants, rather than to reset the stream. */
  private static final int MAX_DISCARD = 64 << 10;

  /**
   * How long a client has to read an answer before it is told to stop sending. Some take a reset
   * that comes along with the answer for the loss of both, curl 7.88 for one.
   */
  private static final Duration STOP_DELAY = Duration.ofMillis(250);

  private final Http2Exchange exchange;
  private final Http2Server server;
  private final Http2Stream stream;
  private long received;
  private long discarded;
  private boolean stopping;

  /** Made where a body comes in parts; before a handler hears of one, on whatever thread. */
  private @Nullable RequestWindow window;

  IncomingData(Http2Exchange exchange, Http2Server server, Http2Stream stream) {
    this.exchange = exchange;
    this.server = server;
    this.stream = stream;
  }

  // ---- what comes

  /** For a body of which more will come. */
  RequestWindow window(ReceivingWindows windows) {
    RequestWindow of = window;
    if (of == null) {
      of = new RequestWindow(windows, exchange, stream);
      window = of;
    }
    return of;
  }

  /**
   * More of the body; borrowed.
   *
   * @param bytes of the window, padding included
   * @return how many of them the client may send again
   * @throws Http2Exception too many have turned out too long
   */
  int arrived(ByteBuf data, int bytes, boolean last) throws Http2Exception {
    int length = data.readableBytes();
    received += length;
    if (exchange.complete()) {
      discarded += length;
      if (last) {
        exchange.hasNoBody();
      } else if (discarded > MAX_DISCARD) {
        stop();
      }
      // What is not wanted goes no further than the window that the client has.
      return stopping ? 0 : bytes;
    }
    if (received > exchange.maxBodySize()) {
      server.workedInVain();
      exchange.refuseFor(HttpProblem.BODY_TOO_LARGE);
      return bytes;
    }
    exchange.take(data, last);
    RequestWindow of = window;
    if (of == null) {
      return bytes;
    }
    if (last) {
      of.close();
      return bytes;
    }
    return of.arrived(bytes);
  }

  /** Nothing has come of it yet. */
  boolean none() {
    return received == 0;
  }

  /**
   * What of it may still come, at the most.
   *
   * @param undeclared the longest that a body without a length may be
   */
  long left(long undeclared) {
    long length = exchange.request().contentLength();
    return (length < 0 ? undeclared : length) - received;
  }

  /** Nothing comes any more, or nobody hears of it. */
  void close() {
    if (window != null) {
      window.close();
    }
  }

  // ---- what is held back

  boolean isHeld() {
    return window != null && window.isHeld();
  }

  void hold() {
    if (window != null) {
      window.hold();
    }
  }

  void release() {
    if (window != null) {
      window.release();
    }
  }

  int beside(int otherwise) {
    return window == null ? otherwise : window.beside();
  }

  // ---- what nobody wants

  /**
   * The answer is out. Of a request that is not, a little more is read and dropped; the client is
   * told to stop (RFC 9113, section 8.1) where there may be a lot to come, or nothing.
   *
   * @param waits the client may be waiting to be told to go on
   */
  void answered(boolean waits) {
    // What still comes is kept by nobody.
    close();
    if (!exchange.requestRead()) {
      long left = left(Long.MAX_VALUE);
      if (left > MAX_DISCARD || (waits && none())) {
        stop();
      }
    }
  }

  private void stop() {
    if (!stopping) {
      stopping = true;
      ScheduledTask unused = server.schedule(STOP_DELAY, this::resetUnlessEnded);
    }
  }

  private void resetUnlessEnded() {
    if (!exchange.requestRead() && stream.state() != Http2Stream.State.CLOSED) {
      exchange.reset(Http2Error.NO_ERROR);
    }
  }
}
