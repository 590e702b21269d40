// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Records the connections of one interface that are refused at accept. Refusals within a second
 * share a record, so that a flood of them does not push all other records out. On the loop of the
 * interface's listener, or of its datagrams.
 */
final class RefusalRecorder {

  private static final long SHARED_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Connections connections;
  private final CloseRecords records;
  private final EndpointOptions options;
  private @Nullable CloseRecord latest;
  private long latestSince;

  RefusalRecorder(Connections connections, EndpointOptions options) {
    this.connections = connections;
    this.records = connections.closeRecords();
    this.options = options;
  }

  void refused(@Nullable SocketAddress remote, Ending ending) {
    ConnectionRefusedEvent event = new ConnectionRefusedEvent();
    if (event.shouldCommit()) {
      event.fill(options, ConnectionFilter.text(remote), ending);
      event.commit();
    }
    if (records.capacity() == 0) {
      return;
    }
    long now = connections.now();
    CloseRecord before = latest;
    if (before != null && now - latestSince < SHARED_NANOS) {
      latest = records.oneMore(before);
      if (latest != null) {
        return;
      }
    }
    CloseRecord first =
        new CloseRecord(
            records.next(),
            connections.wall().instant(),
            0,
            options.name(),
            options.protocols().names(),
            Optional.ofNullable(ConnectionFilter.text(remote)),
            ending.reason().code(),
            ending.by(),
            Optional.ofNullable(ending.limit()),
            Optional.empty(),
            Optional.empty(),
            false,
            Duration.ZERO,
            0,
            0,
            1);
    records.put(first);
    latest = first;
    latestSince = now;
  }
}
