// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.CloseReason;
import dev.sluice.platform.DrainReport.Phase;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointMetrics.Snapshot;
import dev.sluice.transport.epoll.InterfaceServer;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The end of a node's connections, and the account that is kept of it. The stop calls from one
 * thread, each stage once; {@link #report} may be asked from any thread at any time.
 */
final class Drain {

  /** How long aborted connections may take to tell their sessions; it is work of ours alone. */
  private static final Duration ABORT = Duration.ofSeconds(5);

  private final Map<String, InterfaceServer> servers;
  private final OutboundConnections outbound;

  // Written by the stop, read by whoever asks: each is set after what it vouches for.
  private volatile Phase phase = Phase.RUNNING;
  private volatile @Nullable Begin begin;
  private volatile @Nullable Duration took;
  private volatile List<String> workersLeft = List.of();

  /**
   * @param servers by interface, in the order in which they are reported
   * @param outbound reported behind them, if there were any
   */
  Drain(Map<String, InterfaceServer> servers, OutboundConnections outbound) {
    this.servers = servers;
    this.outbound = outbound;
  }

  /** When the stop began, and what there was then. */
  private record Begin(Instant at, long nanos, Map<String, Account> accounts) {

    static Begin now(Map<String, InterfaceServer> servers, OutboundConnections outbound) {
      Map<String, Account> accounts = new LinkedHashMap<>();
      servers.forEach(
          (name, server) -> accounts.put(name, new Account(server.endpoint(), server::close)));
      accounts.put(
          OutboundConnections.NAME, new Account(outbound.endpoint(), outbound::openNoMore));
      return new Begin(Instant.now(), System.nanoTime(), accounts);
    }
  }

  /** From here on counts. */
  void begin() {
    begin = Begin.now(servers, outbound);
    phase = Phase.NOT_READY;
  }

  /**
   * Gives the ports of some interfaces up and ends their connections: asks, waits, and aborts what
   * is left. An interrupt ends the waiting. {@link OutboundConnections#NAME} stands for the
   * connections that the node has opened: it opens no more.
   *
   * @param patience how long sessions may finish what is in hand
   * @param idleGrace how long those with nothing in hand stay open
   */
  void end(Collection<String> names, Duration patience, Duration idleGrace) {
    Collection<Account> accounts = accounts(names);
    phase = Phase.DRAINING;
    accounts.forEach(Account::stopAccepting);
    accounts.forEach(account -> account.endpoint().drain(patience, idleGrace));
    if (awaitNone(accounts, patience)) {
      return;
    }
    phase = Phase.ABORTING;
    accounts.forEach(Account::abort);
    // Only a session that blocks its worker keeps this waiting.
    boolean interrupted = Thread.interrupted();
    awaitNone(accounts, ABORT);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Collection<Account> accounts(Collection<String> names) {
    Begin begun = begin;
    if (begun == null) {
      throw new IllegalStateException("not begun");
    }
    return names.stream().map(begun.accounts()::get).toList();
  }

  private static boolean awaitNone(Collection<Account> accounts, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    boolean none = true;
    try {
      for (Account account : accounts) {
        long left = Math.max(0, deadline - System.nanoTime());
        none &= account.endpoint().awaitNone(Duration.ofNanos(left));
      }
      return none;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The rest of the node has ended too. */
  void ended(List<String> workers) {
    Begin begun = begin;
    if (begun != null) {
      took = Duration.ofNanos(System.nanoTime() - begun.nanos());
    }
    workersLeft = workers;
    phase = Phase.STOPPED;
  }

  DrainReport report() {
    Phase now = phase;
    Begin begun = begin;
    if (begun == null) {
      Map<String, DrainReport.Interface> open = new LinkedHashMap<>();
      servers.forEach((name, server) -> open.put(name, running(server.endpoint())));
      if (wasUsed()) {
        open.put(OutboundConnections.NAME, running(outbound.endpoint()));
      }
      return new DrainReport(now, Optional.empty(), Duration.ZERO, open, workersLeft);
    }
    Map<String, DrainReport.Interface> figures = new LinkedHashMap<>();
    begun
        .accounts()
        .forEach(
            (name, account) -> {
              if (!name.equals(OutboundConnections.NAME) || wasUsed()) {
                figures.put(name, account.figures(begun.nanos()));
              }
            });
    Duration whole = took;
    return new DrainReport(
        now,
        Optional.of(begun.at()),
        whole != null ? whole : Duration.ofNanos(System.nanoTime() - begun.nanos()),
        figures,
        workersLeft);
  }

  private boolean wasUsed() {
    Snapshot figures = outbound.endpoint().metrics().snapshot();
    return figures.accepted() > 0 || figures.refused() > 0;
  }

  private static DrainReport.Interface running(Endpoint endpoint) {
    int open = endpoint.unfinished();
    return new DrainReport.Interface(open, 0, 0, 0, 0, open, Optional.empty());
  }

  /** One interface's, or that of outbound connections. */
  private static final class Account {

    private final Endpoint endpoint;
    private final Runnable stopAccepting;
    private final long openAtStart;
    private final long acceptedBefore;
    private final long refusedBefore;

    // Written by the stop, read by whoever asks.
    private volatile boolean closed;
    private volatile int aborted;

    Account(Endpoint endpoint, Runnable stopAccepting) {
      this.endpoint = endpoint;
      this.stopAccepting = stopAccepting;
      Snapshot before = endpoint.metrics().snapshot();
      this.openAtStart = endpoint.unfinished();
      this.acceptedBefore = before.accepted();
      this.refusedBefore = before.refused();
    }

    Endpoint endpoint() {
      return endpoint;
    }

    void stopAccepting() {
      stopAccepting.run();
      closed = true;
    }

    void abort() {
      aborted = endpoint().abortAll(CloseReason.DRAIN_DEADLINE);
    }

    DrainReport.Interface figures(long begun) {
      long cutOff = aborted;
      boolean over = closed;
      long open = endpoint().unfinished();
      Snapshot now = endpoint().metrics().snapshot();
      long arrived = now.accepted() - acceptedBefore;
      return new DrainReport.Interface(
          openAtStart,
          arrived,
          now.refused() - refusedBefore,
          // One that is open may have been aborted, and have a session that does not hear of it.
          Math.max(0, openAtStart + arrived - Math.max(open, cutOff)),
          cutOff,
          open,
          over && open == 0
              ? Optional.of(Duration.ofNanos(Math.max(0, endpoint().emptySince() - begun)))
              : Optional.empty());
    }
  }
}
