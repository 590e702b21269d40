// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection's requests that are not answered to the end, in their order, and the one behind them
 * that has to wait (RFC 9112, section 9.3.2). Written on the connection's loop.
 */
final class Pipeline {

  /** Answers that wait for their turn beyond this keep further requests from being begun. */
  private static final int MAX_WAITING = 256 << 10;

  private final int most;

  /**
   * An answer that is there as a whole is written as one, however long: the next one waits until
   * the connection has room again, or would find more queued than may be.
   */
  private final BooleanSupplier room;

  /** Answers that would have to wait find no room on the node: they are not asked for yet. */
  private final BooleanSupplier nodeIsFull;

  /** Handed on and not answered to the end. */
  private final ArrayDeque<Http1Exchange> exchanges = new ArrayDeque<>(2);

  private @Nullable Http1Exchange next;

  /**
   * A pipeline with nothing in it.
   *
   * @param most requests that may be under way at once
   * @param room whether an answer may begin to go out
   * @param nodeIsFull whether there is no room for answers that wait
   */
  Pipeline(int most, BooleanSupplier room, BooleanSupplier nodeIsFull) {
    this.most = most;
    this.room = room;
    this.nodeIsFull = nodeIsFull;
  }

  /** Whether an answer is owed. */
  boolean owes() {
    return !exchanges.isEmpty();
  }

  /** Whether no request waits either. */
  boolean isEmpty() {
    return exchanges.isEmpty() && next == null;
  }

  // ---- requests

  /** Whether it may begin now. */
  boolean takes(Http1Exchange exchange) {
    if (exchanges.isEmpty()) {
      return true;
    }
    if (!exchange.safe() || exchanges.size() >= most) {
      return false;
    }
    int waiting = 0;
    for (Http1Exchange before : exchanges) {
      if (!before.safe() || before.closing()) {
        return false;
      }
      waiting += before.waitingBytes();
    }
    return waiting <= MAX_WAITING && !nodeIsFull.getAsBoolean();
  }

  /** One that begins; the only one has its turn at once where there is room. */
  void add(Http1Exchange exchange) {
    boolean first = exchanges.isEmpty();
    exchanges.add(exchange);
    if (first) {
      passTurn();
    }
  }

  /** One that may not begin yet; nothing is read behind it. */
  void keepWaiting(Http1Exchange exchange) {
    next = exchange;
  }

  /** The one that has waited, where it may begin now. */
  @Nullable Http1Exchange takeWaiting() {
    Http1Exchange waiting = next;
    if (waiting == null || !takes(waiting)) {
      return null;
    }
    next = null;
    return waiting;
  }

  // ---- answers

  @Nullable Http1Exchange first() {
    return exchanges.peek();
  }

  @Nullable Http1Exchange last() {
    return exchanges.peekLast();
  }

  /** Whether no request is behind this one. */
  boolean endsWith(Http1Answer exchange) {
    return exchange == exchanges.peekLast() && next == null;
  }

  /** Takes the first one out where its answer is complete, and out. */
  @Nullable Http1Exchange pollComplete() {
    Http1Exchange first = exchanges.peek();
    return first != null && first.complete() && first.hasTurn() ? exchanges.poll() : null;
  }

  /** The first answer may go out, where there is room. */
  void passTurn() {
    Http1Exchange first = exchanges.peek();
    if (first != null && !first.hasTurn() && room.getAsBoolean()) {
      first.takeTurn();
    }
  }

  /**
   * Handlers that have had their time, and those that let a body wait for as long.
   *
   * @param heldFor nanoseconds that a body has waited by now
   */
  void look(long now, long heldFor) {
    for (Http1Exchange exchange : exchanges.toArray(new Http1Exchange[0])) {
      exchange.look(now, heldFor);
    }
  }

  /** For how long the requests under way let the connection be silent. */
  Duration silence() {
    Duration most = Duration.ZERO;
    for (Http1Exchange exchange : exchanges) {
      Duration own = exchange.silence();
      most = own.compareTo(most) > 0 ? own : most;
    }
    return most;
  }

  /**
   * Gives up the last one behind this of which something waits, with those behind it: they could
   * not go out without it. False: there is none.
   */
  boolean giveUpBehind(Http1Answer exchange) {
    List<Http1Exchange> useless = new ArrayList<>();
    Iterator<Http1Exchange> fromLast = exchanges.descendingIterator();
    Http1Exchange last;
    while (fromLast.hasNext() && (last = fromLast.next()) != exchange) {
      useless.add(last);
      if (last.waitingBytes() > 0) {
        useless.forEach(Http1Exchange::giveUp);
        return true;
      }
    }
    return false;
  }

  /** Gives up this one and all behind it. */
  void giveUpFrom(Http1Answer exchange) {
    List<Http1Exchange> useless = new ArrayList<>();
    Iterator<Http1Exchange> fromLast = exchanges.descendingIterator();
    Http1Exchange last;
    do {
      last = fromLast.next();
      useless.add(last);
    } while (last != exchange);
    useless.forEach(Http1Exchange::giveUp);
  }

  /** The connection has gone, or its end was decided. */
  void gone() {
    Http1Exchange waiting = next;
    next = null;
    if (waiting != null) {
      waiting.gone();
    }
    Http1Exchange exchange;
    while ((exchange = exchanges.poll()) != null) {
      exchange.gone();
    }
  }
}
