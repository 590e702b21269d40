// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

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
 * objects, and longs, which the 64-bit machines that this transport runs on write whole. So a
 * figure may be a little old and is never torn.
 */
final class ConnectionReport {

  private ConnectionReport() {}

  /** Any thread. */
  static ConnectionView view(Connection connection) {
    InterfaceOptions options = connection.bridge().options();
    Optional<TlsInfo> tls = Optional.ofNullable(connection.calls().tls());
    return new ConnectionView(
        connection.id().value(),
        options.name(),
        connection.calls().protocolName(),
        Optional.ofNullable(connection.localAddress()),
        Optional.ofNullable(connection.remoteAddress()),
        Instant.ofEpochMilli(connection.openedAtMillis()),
        Duration.ofNanos(connection.age()),
        connection.capped(),
        connection.state(),
        connection.calls().busy(),
        connection.bytesIn(),
        connection.bytesOut(),
        connection.queuedOut(),
        connection.waitingIn(),
        connection.readsPaused(),
        tls.map(TlsInfo::version),
        tls.flatMap(TlsInfo::applicationProtocol),
        tls.flatMap(TlsInfo::serverName),
        Optional.ofNullable(connection.certificate()),
        Optional.ofNullable(connection.note()));
  }

  /** Behind the session's last call, which also hands on what the loop has counted. */
  static CloseRecord closed(Connection connection, Ending ending, long sequence) {
    InterfaceOptions options = connection.bridge().options();
    return new CloseRecord(
        sequence,
        Instant.now().minusNanos(connection.sinceEnd()),
        connection.id().value(),
        options.name(),
        connection.calls().protocolName(),
        Optional.ofNullable(ConnectionFilter.text(connection.remoteAddress())),
        ending.reason().code(),
        ending.by(),
        Optional.ofNullable(limit(connection, ending)),
        Optional.ofNullable(join(connection.note(), ending.detail())),
        Optional.ofNullable(connection.certificate()),
        connection.capped(),
        Duration.ofNanos(connection.age()),
        connection.bytesIn(),
        connection.bytesOut(),
        1);
  }

  private static @Nullable String limit(Connection connection, Ending ending) {
    if (ending.limit() != null) {
      return ending.limit();
    }
    String cutShort = connection.writer().cause().cutShort();
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
