// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureWriter;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.SessionTap;
import dev.sluice.session.bridge.SessionTaps;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One capture, from its order to its end: which sessions it takes, what is known of it, and the
 * thread that writes. Any thread.
 */
final class CaptureRun implements SessionTaps {

  /** Its bounds, each within the configuration's. */
  record Bounds(int connections, long bytes, Duration time) {}

  private final String id;
  private final CaptureRequest request;
  private final Bounds bounds;
  private final ConnectionFilter filter;
  private final Map<String, RecordedProtocol> protocols;
  private final Path file;
  private final Instant startedAt;
  private final long startTicks;
  private final RecordQueue queue;
  private final CaptureThread thread;
  private final CountDownLatch done = new CountDownLatch(1);

  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicLong lostRecords = new AtomicLong();
  private final AtomicLong lostBytes = new AtomicLong();

  // Why it ends; whoever is first has the say.
  private final AtomicReference<@Nullable String> over = new AtomicReference<>();
  private final AtomicReference<@Nullable String> problem = new AtomicReference<>();
  // Set by the writer, read by views.
  private volatile @Nullable Instant endedAt;

  CaptureRun(
      String id,
      CaptureRequest request,
      Bounds bounds,
      Map<String, RecordedProtocol> protocols,
      Path file,
      CaptureWriter writer,
      Instant startedAt,
      long startTicks,
      long queueLimit,
      Runnable afterwards) {
    this.id = id;
    this.request = request;
    this.bounds = bounds;
    this.filter = new ConnectionFilter(Optional.of(request.interfaceName()), request.remote());
    this.protocols = protocols;
    this.file = file;
    this.startedAt = startedAt;
    this.startTicks = startTicks;
    this.queue = new RecordQueue(queueLimit);
    this.thread = new CaptureThread(this, file, queue, writer, afterwards);
  }

  void start() {
    thread.start();
  }

  // ---- sessions

  @Override
  public @Nullable SessionTap tap(Opening opening, long at) {
    RecordedProtocol protocol = protocols.get(opening.protocol().name());
    if (over() || protocol == null || !wants(opening)) {
      return null;
    }
    if (opened.getAndUpdate(count -> Math.min(count + 1, bounds.connections()))
        == bounds.connections()) {
      return null;
    }
    return new RecordedSession(
        this,
        queue,
        protocol,
        new Opened(
            since(at),
            opening.id().value(),
            protocol.used().number(),
            opening.transport(),
            opening.capped(),
            inet(opening.local()),
            inet(opening.remote()),
            Optional.ofNullable(opening.tls())));
  }

  private boolean wants(Opening opening) {
    return opening.matches(filter)
        && request.connection().map(only -> only == opening.id().value()).orElse(true);
  }

  private static @Nullable InetSocketAddress inet(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress inet ? inet : null;
  }

  /** Nanoseconds since the start; never negative. */
  long since(long ticks) {
    return Math.max(0, ticks - startTicks);
  }

  void lost(int bytes) {
    lostRecords.incrementAndGet();
    lostBytes.addAndGet(bytes);
  }

  // ---- the end

  /** Whether nothing more is recorded. */
  boolean over() {
    return over.get() != null;
  }

  /** Why it ends; null: it goes on. */
  @Nullable String overBy() {
    return over.get();
  }

  void end(String why) {
    if (over.compareAndSet(null, why)) {
      queue.wake();
    }
  }

  void fail(String what) {
    problem.compareAndSet(null, what);
    end("failed");
  }

  /** By the writer: the file is closed. */
  void closed() {
    endedAt = Instant.now();
  }

  /** By the writer, last: it is among those that have ended. */
  void ended() {
    done.countDown();
  }

  /** Whether it has come to its end within the time. */
  boolean awaitEnd(Duration patience) throws InterruptedException {
    return done.await(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** A redactor does not come back. */
  void interrupt() {
    thread.interrupt();
  }

  // ---- getters

  String id() {
    return id;
  }

  Bounds bounds() {
    return bounds;
  }

  CaptureStatus status() {
    return new CaptureStatus(
        id,
        request.interfaceName(),
        request.remote(),
        request.connection(),
        file,
        startedAt,
        Optional.ofNullable(endedAt),
        Optional.ofNullable(over.get()),
        Optional.ofNullable(problem.get()),
        opened.get(),
        thread.written(),
        lostRecords.get(),
        lostBytes.get(),
        bounds.connections(),
        bounds.bytes(),
        bounds.time());
  }
}
