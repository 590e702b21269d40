// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestHead;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a connection's requests, one behind the other: it knows what the next byte belongs to.
 * Written on the connection's loop.
 */
final class RequestReader {

  /** What is read and thrown away of a body that nobody wants, to keep the connection. */
  static final int MAX_DISCARD = 64 << 10;

  /** What the connection's next byte belongs to. */
  private enum Reading {
    HEAD,
    BODY,
    /** A head was read whose request must wait; nothing is read meanwhile. */
    TURN,
    /** Nothing: this was the last request. */
    REST
  }

  private final Http1Session session;
  private final Deadlines deadlines;
  private final HeadParser heads;

  private Reading reading = Reading.HEAD;

  // The request whose body is being read, which may outlive its answer.
  private @Nullable Http1Exchange current;
  private int discarded;
  private boolean bodyHeld;

  RequestReader(
      Http1Session session, Deadlines deadlines, HttpConfiguration limits, boolean secure) {
    this.session = session;
    this.deadlines = deadlines;
    this.heads = new HeadParser(limits, secure);
  }

  // ---- what arrives

  /** False: there is nothing more to be had of these bytes now. */
  boolean read(ByteBuf in) throws HttpRefusal {
    switch (reading) {
      case HEAD -> {
        RequestHead head = heads.parse(in);
        if (head == null) {
          return false;
        }
        deadlines.headRead();
        session.headRead(head, in.isReadable());
      }
      case BODY -> {
        Http1Exchange to = Objects.requireNonNull(current);
        return to.incoming().read(in, this, to);
      }
      case TURN -> {
        return false;
      }
      case REST -> in.skipBytes(in.readableBytes());
    }
    return true;
  }

  /** Its head was read, and it begins: what follows is its body, if it has one. */
  void begin(Http1Exchange exchange) {
    current = exchange;
    if (exchange.request().hasBody()) {
      reading = Reading.BODY;
      discarded = 0;
      deadlines.bodyBegins();
    } else {
      exchange.hasNoBody();
      requestRead();
    }
  }

  /** The request whose head was read has to wait. */
  void awaitTurn() {
    reading = Reading.TURN;
  }

  /** More of the body in hand; borrowed. */
  void bodyArrived(Http1Exchange to, ByteBuf part, boolean last) {
    if (last) {
      requestRead();
    }
    int bytes = part.readableBytes();
    deadlines.bodyMoved(bytes);
    session.bodyMoved(bytes);
    if (to.complete()) {
      discarded += bytes;
    }
    to.arrived(part, last);
    if (discarded > MAX_DISCARD) {
      session.bodyWithoutEnd();
    }
  }

  private void requestRead() {
    Http1Exchange read = current;
    current = null;
    bodyHeld = false;
    reading = read != null && read.keepAlive() ? Reading.HEAD : Reading.REST;
  }

  // ---- what is not read

  /** Its application takes no more of its body for now, or does again. False: it has none. */
  boolean hold(Http1Exchange exchange, boolean held) {
    if (exchange != current) {
      return false;
    }
    bodyHeld = held;
    return true;
  }

  /** Reads no more. The request whose body was being read, if any. */
  @Nullable Http1Exchange stop() {
    reading = Reading.REST;
    bodyHeld = false;
    return current;
  }

  /** The rest of a body will not come. The request that it belonged to, if any. */
  @Nullable Http1Exchange abandonBody() {
    Http1Exchange half = current;
    if (reading != Reading.BODY || half == null) {
      return null;
    }
    reading = Reading.REST;
    current = null;
    bodyHeld = false;
    return half;
  }

  // ---- where it is

  boolean headBegun() {
    return reading == Reading.HEAD && heads.begun();
  }

  boolean inBody() {
    return reading == Reading.BODY;
  }

  /**
   * Whether there is nothing but a body to wait for: while its answer is under way it is a
   * conversation, which may be silent for long.
   */
  boolean bodyAwaited() {
    Http1Exchange to = current;
    return inBody() && (to == null || !to.answerUnderWay());
  }

  /** Of the body that is being read; 0 where there is none. */
  long minBodyRate() {
    Http1Exchange to = current;
    return to == null ? 0 : to.minBodyRate();
  }

  /** Whether a request was begun that is not whole. */
  boolean underWay() {
    return inBody() || headBegun();
  }

  /** Whether what comes next has to stay where it is. */
  boolean waits() {
    return reading == Reading.TURN || bodyHeld;
  }

  /** Of the head that was begun last, as far as it was read. */
  @Nullable String method() {
    return heads.method();
  }
}
