// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import dev.sluice.api.TlsInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What can be told of a connection: while it lives, to any thread, and once when it has ended.
 *
 * <p>A view reads what the connection's loop writes to plain fields, so that serving costs nothing
 * for it. Each such field is read once and stands for itself: flags and references to immutable
 * objects, and longs, which the 64-bit machines that this runs on write whole. So a figure may be a
 * little old and is never torn.
 */
final class ConnectionReport {

  private ConnectionReport() {}

  /** Any thread. */
  static ConnectionView view(SessionBridge connection) {
    EndpointOptions options = connection.options();
    Optional<TlsInfo> tls = Optional.ofNullable(connection.calls().tls());
    return new ConnectionView(
        connection.id().value(),
        options.name(),
        connection.calls().protocolName(),
        Optional.ofNullable(connection.localAddress()),
        Optional.ofNullable(connection.remoteAddress()),
        Instant.ofEpochMilli(connection.story().openedAtMillis()),
        Duration.ofNanos(connection.story().age()),
        connection.capped(),
        connection.figures().state(),
        connection.calls().busy(),
        connection.figures().bytesIn(),
        connection.figures().bytesOut(),
        connection.figures().queuedOut(),
        connection.figures().waitingIn(),
        connection.figures().readsPaused(),
        tls.map(TlsInfo::version),
        tls.flatMap(TlsInfo::applicationProtocol),
        tls.flatMap(TlsInfo::serverName),
        Optional.ofNullable(connection.certificate()),
        Optional.ofNullable(connection.story().note()));
  }

  /** Behind the session's last call, which also hands on what the loop has counted. */
  static CloseRecord closed(SessionBridge connection, Ending ending, long sequence) {
    EndpointOptions options = connection.options();
    return new CloseRecord(
        sequence,
        connection
            .endpoint()
            .connections()
            .wall()
            .instant()
            .minusNanos(connection.story().sinceEnd()),
        connection.id().value(),
        options.name(),
        connection.calls().protocolName(),
        Optional.ofNullable(ConnectionFilter.text(connection.remoteAddress())),
        ending.reason().code(),
        ending.by(),
        Optional.ofNullable(limit(connection, ending)),
        Optional.ofNullable(join(connection.story().note(), ending.detail())),
        Optional.ofNullable(connection.certificate()),
        connection.capped(),
        Duration.ofNanos(connection.story().age()),
        connection.figures().bytesIn(),
        connection.figures().bytesOut(),
        1);
  }

  private static @Nullable String limit(SessionBridge connection, Ending ending) {
    if (ending.limit() != null) {
      return ending.limit();
    }
    String cutShort = connection.cause().cutShort();
    if (cutShort != null) {
      return cutShort;
    }
    boolean sentAway =
        ending.by() == ClosedBy.SESSION || ending.reason().equals(CloseReason.CAPPED);
    return connection.capped() && sentAway ? Ending.SOFT_CAP_KEY : null;
  }

  private static @Nullable String join(@Nullable String note, @Nullable String detail) {
    return note == null ? detail : detail == null ? note : note + "; " + detail;
  }
}
