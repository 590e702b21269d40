// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.platform.ToldFailures;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server-sent events for the operator's page: the node's state, put together once a turn for all
 * who watch, and not at all while nobody does. A reader that is behind misses a turn.
 */
final class LiveEvents {

  private static final Logger log = LoggerFactory.getLogger(LiveEvents.class);

  /** Browsers with the page open; each costs a little at every turn. */
  static final int MOST = 32;

  private static final long TURN_MILLIS = 500;
  private static final byte[] BEGIN = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);

  private final NodeState state;
  private final ScheduledExecutorService threads;
  private final ToldFailures told = new ToldFailures();

  // Guarded by this.
  private final List<Watcher> watchers = new ArrayList<>();
  private @Nullable ScheduledFuture<?> turns;
  private boolean ended;

  /** Who watches; removed when the request comes to nothing. */
  private record Watcher(ResponseBody body) {}

  LiveEvents(NodeState state, ScheduledExecutorService threads) {
    this.state = state;
    this.threads = threads;
  }

  void watch(RpcContext request) {
    if (!mayWatch()) {
      boolean unused =
          request.respond(
              OperatorJson.problem(503, "too_many_watchers", "The page is open too often."));
      return;
    }
    Watcher watcher =
        new Watcher(
            request.respondStreaming(
                RpcResponse.of(200)
                    .header("content-type", "text/event-stream")
                    .header("cache-control", "no-store")
                    .header("x-content-type-options", "nosniff")));
    boolean added = add(watcher);
    if (added) {
      request.onCancel(reason -> remove(watcher));
      send(watcher, event());
    } else {
      watcher.body.finish();
    }
  }

  private synchronized boolean mayWatch() {
    return !ended && watchers.size() < MOST;
  }

  private synchronized boolean add(Watcher watcher) {
    if (!mayWatch()) {
      return false;
    }
    watchers.add(watcher);
    if (turns == null) {
      turns =
          threads.scheduleWithFixedDelay(
              this::turn, TURN_MILLIS, TURN_MILLIS, TimeUnit.MILLISECONDS);
    }
    return true;
  }

  private synchronized void remove(Watcher watcher) {
    watchers.remove(watcher);
    ScheduledFuture<?> running = turns;
    if (watchers.isEmpty() && running != null) {
      running.cancel(false);
      turns = null;
    }
  }

  private synchronized List<Watcher> all() {
    return List.copyOf(watchers);
  }

  private void turn() {
    try {
      byte[] event = event();
      for (Watcher watcher : all()) {
        send(watcher, event);
      }
    } catch (Throwable e) {
      // An Error, too: thrown on, it would end all further turns.
      if (told.isNew(e)) {
        log.warn("the operator's page is not kept up to date", e);
      }
    }
  }

  private byte[] event() {
    return OperatorJson.bytes(state.now());
  }

  private static void send(Watcher watcher, byte[] json) {
    if (watcher.body.isWritable()) {
      ByteBuf event = Unpooled.wrappedBuffer(BEGIN, json, END);
      boolean unused = watcher.body.write(event);
    }
  }

  /** Nobody watches any more. */
  void end() {
    List<Watcher> last;
    synchronized (this) {
      ended = true;
      last = all();
      last.forEach(this::remove);
    }
    last.forEach(watcher -> watcher.body.finish());
  }
}
