// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Records the connections that the node could not open. Failures of one kind with one target within
 * a second share a record, so that a target that is down does not push all other records out. Any
 * thread.
 */
final class AttemptRecorder {

  private static final long SHARED_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Of targets that fail at the same time; more have a record for each failure. */
  private static final int MOST_SHARED = 64;

  private final Connections connections;
  private final CloseRecords records;
  private final String endpoint;

  /** By target and reason, the least recently begun first. Guarded by this. */
  private final Map<String, Shared> latest =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Shared> eldest) {
          return size() > MOST_SHARED;
        }
      };

  private record Shared(CloseRecord record, long since) {}

  AttemptRecorder(Connections connections, EndpointOptions options) {
    this.connections = connections;
    this.records = connections.closeRecords();
    this.endpoint = options.name();
  }

  void failed(String to, String protocol, Ending ending, Duration age) {
    ConnectionNotOpenedEvent event = new ConnectionNotOpenedEvent();
    if (event.shouldCommit()) {
      event.fill(to, protocol, ending);
      event.commit();
    }
    if (records.capacity() > 0) {
      record(to, protocol, ending, age);
    }
  }

  private synchronized void record(String to, String protocol, Ending ending, Duration age) {
    long now = connections.now();
    String key = to + ' ' + ending.reason().code();
    Shared before = latest.remove(key);
    if (before != null && now - before.since() < SHARED_NANOS) {
      CloseRecord more = records.oneMore(before.record());
      if (more != null) {
        latest.put(key, new Shared(more, before.since()));
        return;
      }
    }
    CloseRecord first =
        new CloseRecord(
            records.next(),
            connections.wall().instant(),
            0,
            endpoint,
            protocol,
            Optional.of(to),
            ending.reason().code(),
            ending.by(),
            Optional.ofNullable(ending.limit()),
            Optional.ofNullable(ending.detail()),
            Optional.empty(),
            false,
            age,
            0,
            0,
            1);
    records.put(first);
    latest.put(key, new Shared(first, now));
  }
}
