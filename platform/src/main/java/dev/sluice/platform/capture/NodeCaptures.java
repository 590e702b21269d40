// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import dev.sluice.capture.CaptureRecord.Header;
import dev.sluice.capture.CaptureWriter;
import dev.sluice.platform.capture.CaptureRefusedException.Kind;
import dev.sluice.platform.config.CaptureConfiguration;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.SessionTap;
import dev.sluice.session.bridge.SessionTaps;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The captures of a node: those under way and the latest that have ended. Every method may be
 * called from any thread; {@link #end} and {@link #close} wait for the file, so no loop calls them.
 */
public final class NodeCaptures implements SessionTaps, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(NodeCaptures.class);

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** How many that have ended are remembered; their files stay in any case. */
  private static final int REMEMBERED = 100;

  /** How long a file may take to be written to its end. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final CaptureConfiguration config;
  private final Connections connections;
  private final String nodeVersion;
  private final Map<String, Map<String, RecordedProtocol>> interfaces;

  /** Guards what follows; held for a moment, also by a capture's thread at its end. */
  private final Object lock = new Object();

  private final ArrayDeque<CaptureStatus> ended = new ArrayDeque<>();
  private int started;
  private boolean closed;

  // Changed under the lock; read as each session is made.
  private volatile List<CaptureRun> running = List.of();

  /**
   * None yet.
   *
   * @param config what is allowed
   * @param connections whose sessions
   * @param nodeVersion for the files
   * @param interfaces by name, the protocols by theirs
   */
  public NodeCaptures(
      CaptureConfiguration config,
      Connections connections,
      String nodeVersion,
      Map<String, Map<String, RecordedProtocol>> interfaces) {
    this.config = config;
    this.connections = connections;
    this.nodeVersion = nodeVersion;
    this.interfaces = Map.copyOf(interfaces);
  }

  /**
   * Begins to record sessions that are made from now on.
   *
   * @param request which, and how much
   * @return as it begins
   * @throws CaptureRefusedException if it can't
   */
  public CaptureStatus start(CaptureRequest request) throws CaptureRefusedException {
    Path directory =
        config
            .directory()
            .orElseThrow(
                () ->
                    new CaptureRefusedException(
                        Kind.OFF, "Captures are off: operator.captures.directory is not set."));
    Map<String, RecordedProtocol> protocols = interfaces.get(request.interfaceName());
    if (protocols == null) {
      throw new CaptureRefusedException(
          Kind.NO_INTERFACE,
          "There is no interface of this name; there are "
              + String.join(", ", interfaces.keySet().stream().sorted().toList())
              + ".");
    }
    CaptureRun.Bounds bounds = bounds(request);
    CaptureRun run;
    synchronized (lock) {
      if (closed) {
        throw new CaptureRefusedException(Kind.OFF, "The node is about to end.");
      }
      if (running.size() >= config.maxRunning()) {
        throw new CaptureRefusedException(
            Kind.TOO_MANY,
            "As many captures are under way as may be (operator.captures.max_running).");
      }
      run = open(directory, request, bounds, protocols);
      List<CaptureRun> more = new ArrayList<>(running);
      more.add(run);
      running = List.copyOf(more);
      connections.tapBy(this);
    }
    run.start();
    return run.status();
  }

  private CaptureRun.Bounds bounds(CaptureRequest request) throws CaptureRefusedException {
    int most = config.maxConnections();
    int wanted = request.connections().orElse(most);
    check("connections", wanted, 1, most, "max_connections");
    long bytes = request.bytes().orElse(config.maxBytes().bytes());
    check("bytes", bytes, 4096, config.maxBytes().bytes(), "max_bytes");
    Duration time = request.time().orElse(config.maxTime());
    check("seconds", time.toSeconds(), 1, config.maxTime().toSeconds(), "max_time");
    return new CaptureRun.Bounds(wanted, bytes, time);
  }

  private static void check(String what, long wanted, long least, long most, String key)
      throws CaptureRefusedException {
    if (wanted < least || wanted > most) {
      throw new CaptureRefusedException(
          Kind.BEYOND_BOUNDS,
          what
              + " is a number from "
              + least
              + " to "
              + most
              + " (operator.captures."
              + key
              + ").");
    }
  }

  private CaptureRun open(
      Path directory,
      CaptureRequest request,
      CaptureRun.Bounds bounds,
      Map<String, RecordedProtocol> protocols)
      throws CaptureRefusedException {
    String id = String.valueOf(++started);
    Instant now = Instant.now();
    long ticks = connections.now();
    Path file =
        directory.resolve(request.interfaceName() + "-" + TIME.format(now) + "-" + id + ".slcap");
    CaptureWriter writer;
    try {
      writer = CaptureWriter.create(file, new Header(now, request.interfaceName(), nodeVersion));
    } catch (IOException e) {
      throw new CaptureRefusedException(Kind.NO_FILE, "The file can't be made: " + e);
    }
    log.warn("capture {} of {} begins, in the clear, in {}", id, request.interfaceName(), file);
    CaptureRun[] made = new CaptureRun[1];
    made[0] =
        new CaptureRun(
            id,
            request,
            bounds,
            protocols,
            file,
            writer,
            now,
            ticks,
            config.queueLimit().bytes(),
            () -> ended(made[0]));
    return made[0];
  }

  private void ended(CaptureRun run) {
    synchronized (lock) {
      running = running.stream().filter(other -> other != run).toList();
      if (running.isEmpty()) {
        connections.tapBy(null);
      }
      ended.addFirst(run.status());
      while (ended.size() > REMEMBERED) {
        ended.removeLast();
      }
    }
  }

  /** The first that wants it: a session is in one capture. */
  @Override
  public @Nullable SessionTap tap(Opening opening, long at) {
    for (CaptureRun run : running) {
      SessionTap tap = run.tap(opening, at);
      if (tap != null) {
        return tap;
      }
    }
    return null;
  }

  /**
   * All captures under way and the latest that have ended.
   *
   * @return the newest first
   */
  public List<CaptureStatus> list() {
    List<CaptureStatus> all = new ArrayList<>();
    synchronized (lock) {
      for (int i = running.size() - 1; i >= 0; i--) {
        all.add(running.get(i).status());
      }
      all.addAll(ended);
    }
    return all;
  }

  /**
   * One of them.
   *
   * @param id as it was answered
   * @return empty: there is none, or it was long ago
   */
  public Optional<CaptureStatus> find(String id) {
    return list().stream().filter(one -> one.id().equals(id)).findFirst();
  }

  /**
   * Ends one, and waits a little for its file.
   *
   * @param id as it was answered
   * @return how it ended; empty: there is none
   */
  public Optional<CaptureStatus> end(String id) {
    Optional<CaptureRun> found = running.stream().filter(run -> run.id().equals(id)).findFirst();
    found.ifPresent(
        run -> {
          // Once only: a redactor that does not come back must not hold further callers.
          if (!run.over() && !endAndAwait(run, "operator")) {
            run.interrupt();
          }
        });
    return find(id);
  }

  private static boolean endAndAwait(CaptureRun run, String why) {
    run.end(why);
    try {
      return run.awaitEnd(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends all, and lets no more begin. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
    }
    for (CaptureRun run : running) {
      run.end("node_stopped");
    }
    for (CaptureRun run : running) {
      if (!endAndAwait(run, "node_stopped")) {
        run.interrupt();
        log.warn("capture {} does not end; its redactor may not have come back", run.id());
      }
    }
  }
}
