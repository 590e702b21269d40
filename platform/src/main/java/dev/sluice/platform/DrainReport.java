// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How far a node's stop has come, at one moment. Values alone: it may be kept for as long as one
 * likes.
 *
 * @param phase where the stop is
 * @param startedAt when it began; empty before
 * @param took how long it has gone on, or took as a whole; zero before
 * @param interfaces by name, in the order of the configuration
 * @param workersLeft threads that did not end, workers and event loops, each with its stack; known
 *     at the end alone
 */
public record DrainReport(
    Phase phase,
    Optional<Instant> startedAt,
    Duration took,
    Map<String, Interface> interfaces,
    List<String> workersLeft) {

  /** Keeps map and list from changing. */
  public DrainReport {
    interfaces = Collections.unmodifiableMap(new LinkedHashMap<>(interfaces));
    workersLeft = List.copyOf(workersLeft);
  }

  /** The stages of a stop, in their order. */
  public enum Phase {
    /** No stop was asked for. */
    RUNNING,
    /** Says that it is not ready, and still accepts: {@code drain_delay}. */
    NOT_READY,
    /** Accepts nothing but for the operator; sessions finish what is in hand. */
    DRAINING,
    /** The deadline has passed: what is left is cut off. */
    ABORTING,
    /** It is over. */
    STOPPED
  }

  /**
   * What became of an interface's connections. In the end {@code openAtStart + arrived} is {@code
   * finished + aborted}; {@code open} is then 0 unless a session blocks its worker.
   *
   * @param openAtStart open when the stop began
   * @param arrived admitted since
   * @param refused turned away at the hard cap since; what the kernel refuses after the port was
   *     given up nobody can count
   * @param finished ended in order
   * @param aborted cut off at the deadline
   * @param open whose session has not heard of its end so far
   * @param endedAfter from the begin of the stop to the end of the last connection; empty before
   */
  public record Interface(
      long openAtStart,
      long arrived,
      long refused,
      long finished,
      long aborted,
      long open,
      Optional<Duration> endedAfter) {

    @Override
    public String toString() {
      return openAtStart
          + " at start, "
          + arrived
          + " arrived, "
          + refused
          + " refused, "
          + finished
          + " finished, "
          + aborted
          + " aborted, "
          + open
          + " open"
          + endedAfter.map(after -> ", ended after " + seconds(after)).orElse("");
    }
  }

  /**
   * How many connections were cut off.
   *
   * @return on all interfaces
   */
  public long aborted() {
    return interfaces.values().stream().mapToLong(Interface::aborted).sum();
  }

  /**
   * For a log or a person.
   *
   * @return one line
   */
  public String text() {
    List<String> parts = new ArrayList<>();
    parts.add(phase.name().toLowerCase(Locale.ROOT).replace('_', ' '));
    parts.add(aborted() + " connections aborted");
    parts.add("took " + seconds(took));
    interfaces.forEach((name, figures) -> parts.add(name + ": " + figures));
    if (!workersLeft.isEmpty()) {
      parts.add(workersLeft.size() + " threads left");
    }
    return String.join("; ", parts);
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.3f s", duration.toNanos() / 1e9);
  }
}
