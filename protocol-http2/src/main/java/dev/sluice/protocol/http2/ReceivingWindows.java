// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.ScheduledTask;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.session.netty.SessionChannel;
import io.netty.handler.codec.http2.Http2Exception;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The windows that a client is given for its bodies (RFC 9113, section 5.2). All that they let come
 * may have to be kept, where no handler reads, and what is gathered for one that wants it whole is:
 * so it counts as promised, for the node as a whole, and no more is let come than there is room
 * for. Every stream begins with a little. On the connection's loop.
 *
 * <pre>
 *   what is promised of the node's budget     what may be promised
 *   up to a quarter                           the window of the configuration, a handler's queue
 *   up to three quarters                      parts of bodies that are wanted whole
 *   up to all                                 the rest of such a body, at once: it can end then
 *   whatever there is                         what a stream begins with
 * </pre>
 */
final class ReceivingWindows {

  /** About what clients begin with that know no better. */
  private static final int MOST_FIRST = 64 << 10;

  private static final int LEAST_FIRST = 1 << 10;

  /** Of the room that a connection finds, all its streams together begin with that part. */
  private static final int PART_FIRST = 8;

  /** Less is not worth a frame, but for the last of it; nor is a body that is shorter. */
  private static final int SMALLEST_STEP = 8 << 10;

  /** How long no body that waits has found room on the whole node, and no room has come. */
  private static final Duration STALLED = Duration.ofSeconds(2);

  private static final int TURNS = 16;

  /** A connection that has no more waiting has more patience than those that fill the node. */
  private static final int FEW = 4;

  private static final int PATIENCE_OF_FEW = 3;

  /** From one body that makes room to the next, the patience halves; so often at most. */
  private static final int MOST_HALVINGS = 5;

  /** How soon a body that waits for room is looked at again. */
  private static final Duration RETRY = Duration.ofMillis(50);

  private final Http2Server server;
  private final SessionChannel channel;
  private final int first;
  private final int whole;
  private final long budget;

  /** Those that are gathered, and wait for room in their order. */
  private final ArrayDeque<RequestWindow> waiting = new ArrayDeque<>(0);

  private long promised;

  // What has moved on the whole node: as it was seen last, and since when.
  private final RoomWatch room;
  private long seenFound;
  private long seenRoom;
  private long seenAt;
  private int halvings;
  private final long patience;
  private @Nullable ScheduledTask retry;

  ReceivingWindows(Http2Server server, HttpConfiguration limits, int first, RoomWatch room) {
    this.server = server;
    this.room = room;
    this.channel = server.channel();
    this.first = first;
    this.whole = limits.initialWindowSize().toIntSaturated();
    long limit = channel.context().inboundQueueLimit();
    // The sixteenth that is left is for what arrives beside bodies.
    this.budget = limit - limit / 16;
    long turn = Math.floorMod(channel.connId().value(), TURNS);
    this.patience = STALLED.plus(RETRY.multipliedBy(2 * turn)).toNanos();
  }

  /** What every stream of a new connection begins with. */
  static int first(HttpConfiguration limits, SessionChannel channel) {
    long room = channel.writer().promisesInput(channel.connId(), 0);
    long share = room / PART_FIRST / limits.maxConcurrentStreamsCount();
    long first = Math.max(LEAST_FIRST, Math.min(MOST_FIRST, share));
    return (int) Math.min(limits.initialWindowSize().bytes(), first);
  }

  int first() {
    return first;
  }

  /** By how much a stream's window may grow. */
  int more() {
    return whole - first;
  }

  // ---- what is promised

  /** Whatever room there is. */
  void promise(long bytes) {
    promised += bytes;
    tell();
  }

  /** Nothing comes of it any more, or it is kept no longer. */
  void takeBack(long bytes) {
    promised -= bytes;
    tell();
    retryFirst();
  }

  /** What is more than a stream begins with. */
  boolean promiseMore(long bytes) {
    return promise(bytes, budget - budget / 4);
  }

  /** A part of a body that is gathered. */
  boolean promisePart(long bytes) {
    return promise(bytes, budget / 4);
  }

  /**
   * All the rest of such a body. Not of one that is too long to be had at once: it would take the
   * room by and by from those that can end, and not end itself.
   */
  boolean promiseRest(long rest) {
    return rest <= budget / 4 && promise(rest, 0);
  }

  private boolean promise(long bytes, long spared) {
    promised += bytes;
    if (tell() >= spared) {
      return true;
    }
    promised -= bytes;
    tell();
    return false;
  }

  private long tell() {
    return channel.writer().promisesInput(channel.connId(), promised);
  }

  // ---- who waits

  void await(RequestWindow window) {
    if (waiting.isEmpty()) {
      moved(server.now());
    }
    waiting.add(window);
    retrySoon();
  }

  void forget(RequestWindow window) {
    waiting.remove(window);
  }

  private void retrySoon() {
    if (retry == null && !waiting.isEmpty() && !server.ended()) {
      retry = server.schedule(RETRY, this::retryNow);
    }
  }

  private void retryNow() {
    retry = null;
    retryFirst();
    shedIfStalled(server.now());
    retrySoon();
  }

  /**
   * Where none finds room on the whole node, nor does room come, bodies wait for each other: the
   * one that came last on its connection makes some, and others behind it sooner and sooner.
   * Connections lose patience one after the other, those with many such bodies first, so that few
   * who have little do. What the others give up is no reason to be patient: it may be all that
   * moves.
   */
  private void shedIfStalled(long now) {
    RequestWindow last = waiting.peekLast();
    if (last == null) {
      return;
    }
    if (room.timesFound() != seenFound || roomOfOthers() - seenRoom >= MOST_FIRST) {
      moved(now);
      return;
    }
    long bearable = waiting.size() <= FEW ? PATIENCE_OF_FEW * patience : patience >> halvings;
    if (now - seenAt >= bearable) {
      seenAt = now;
      halvings = Math.min(halvings + 1, MOST_HALVINGS);
      room.gaveUp(last.share());
      last.giveUp();
    }
  }

  private void moved(long now) {
    seenFound = room.timesFound();
    seenRoom = roomOfOthers();
    seenAt = now;
    halvings = 0;
  }

  /** Without what bodies like those that wait have given up: that is no progress. */
  private long roomOfOthers() {
    return tell() - room.bytesGivenUp();
  }

  private void retryFirst() {
    RequestWindow next;
    while (!server.ended() && (next = waiting.peek()) != null && next.hasRoom()) {
      waiting.remove();
      room.found();
      next.goOn();
    }
  }

  /**
   * The client keeps to the windows of the configuration from now on. Where it had begun with more
   * the codec has taken the difference back, and opens a window again no sooner than it is asked.
   */
  void settingsRead() throws Http2Exception {
    for (Http2Exchange exchange : server.messages().all()) {
      server.connection().local().flowController().incrementWindowSize(exchange.stream(), 0);
    }
  }

  /** More of a body has come, and more will. */
  void widen(RequestWindow window) throws Http2Exception {
    int used = first - server.windowFor(window.stream());
    if (used >= Math.min(SMALLEST_STEP, first / 2)) {
      long by =
          Math.min(window.mayWiden(), Math.max(SMALLEST_STEP, tell() - (budget - budget / 4)));
      if (promiseMore(by)) {
        window.widened(by);
        server.connection().local().flowController().incrementWindowSize(window.stream(), (int) by);
      }
    }
  }
}
