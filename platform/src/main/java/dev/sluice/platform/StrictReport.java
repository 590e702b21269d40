// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.SessionContext;
import dev.sluice.session.bridge.strict.ContractWatch;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says what sessions do against their contract, where the node is strict: counted each time, and in
 * the log with its stack at most once a minute for a protocol and a rule. Any thread.
 */
final class StrictReport implements ContractWatch {

  private static final Logger log = LoggerFactory.getLogger(StrictReport.class);

  private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Bounded by the protocols of the node and the rules. */
  private final Map<String, AtomicLong> nextAt = new ConcurrentHashMap<>();

  private final boolean closes;

  /**
   * @param closes whether a connection ends by what its session did
   */
  StrictReport(boolean closes) {
    this.closes = closes;
  }

  @Override
  public void broken(Violation violation, SessionContext connection) {
    connection.count(violation.rule().counter());
    if (isNews(violation)) {
      log.warn(
          "{}: a session of {} broke its contract ({}) on connection {}: {}",
          connection.interfaceName(),
          violation.protocol(),
          violation.rule().code(),
          connection.id(),
          violation.what(),
          violation.where());
    }
  }

  @Override
  public boolean closes() {
    return closes;
  }

  private boolean isNews(Violation violation) {
    long now = System.nanoTime();
    AtomicLong next =
        nextAt.computeIfAbsent(
            violation.protocol() + ' ' + violation.rule(), key -> new AtomicLong(now));
    long due = next.get();
    return now - due >= 0 && next.compareAndSet(due, now + QUIET_NANOS);
  }
}
