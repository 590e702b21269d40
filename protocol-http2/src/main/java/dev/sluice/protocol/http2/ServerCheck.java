// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.ScheduledTask;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientSettings;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server whether it is still there, by PING (RFC 9113, section 6.7), when there is reason to
 * doubt it: a request has timed out, or the connection was silent for long. Requests wait until it
 * has answered. On the connection's loop.
 */
final class ServerCheck {

  /** Tells the PING from others. */
  private static final long PING = 0x736c756963650a02L;

  /** More than wait where a connection is asked for its room before they are made. */
  private static final int MOST_HELD = 100;

  private final Http2Client client;
  private final Duration after;
  private final Duration timeout;
  private final ArrayDeque<Http2Call> held = new ArrayDeque<>(2);

  private long heardAt;

  /** Not null: it was asked, and has not answered. */
  private @Nullable ScheduledTask timer;

  ServerCheck(Http2Client client, HttpClientSettings settings) {
    this.client = client;
    this.after = settings.checkAfter();
    this.timeout = settings.checkTimeout();
    this.heardAt = client.now();
  }

  /** Something has come. */
  void heard() {
    heardAt = client.now();
  }

  /** Whether the call waits for the answer to a PING, or was refused; it begins behind it. */
  boolean holds(Http2Call call) {
    if (timer == null && client.now() - heardAt >= after.toNanos()) {
      ask();
    }
    if (timer == null) {
      return false;
    }
    if (held.size() < MOST_HELD) {
      held.add(call);
    } else {
      call.refused(Kind.LIMIT, "the server was asked whether it is still there");
    }
    return true;
  }

  void ask() {
    if (timer == null && !client.ended()) {
      client.ping(PING);
      timer = client.schedule(timeout, this::look);
      client.room().suspend(true);
    }
  }

  void answered(long data) {
    if (data != PING || timer == null) {
      return;
    }
    stop();
    client.room().suspend(false);
    Http2Call call;
    while ((call = held.poll()) != null) {
      client.begin(call);
    }
  }

  /**
   * What a slow network still brings may be in front of the answer: what is under way goes on. New
   * requests are better off elsewhere, and those that wait for the answer have no other limit.
   */
  private void look() {
    long left = timeout.toNanos() - (client.now() - heardAt);
    if (left > 0) {
      timer = client.schedule(Duration.ofNanos(left), this::look);
      client.room().close();
      refuseHeld(Kind.CLOSED, "the server speaks, but has not answered a PING within " + timeout);
      client.flushSoon();
    } else {
      timer = null;
      client.serverGone("the server has not answered a PING within " + timeout);
    }
  }

  /** The connection is no more. */
  void fail(String why) {
    stop();
    refuseHeld(Kind.CONNECTION_LOST, why);
  }

  private void refuseHeld(Kind kind, String why) {
    Http2Call call;
    while ((call = held.poll()) != null) {
      call.refused(kind, why);
    }
  }

  /** Calls that wait have a deadline too. */
  void addTo(List<Http2Call> calls) {
    calls.addAll(held);
  }

  void stop() {
    ScheduledTask running = timer;
    timer = null;
    if (running != null) {
      running.cancel();
    }
  }
}
