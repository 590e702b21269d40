// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

import dev.sluice.api.Transport;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.capture.Capture;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CapturedSession;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.BridgeOptions;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.ProtocolChoice;
import dev.sluice.session.bridge.Sweep;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Plays all sessions of a capture at once, in the order of what they were given, so that what
 * sessions share is shared here, too. Nothing expires and nobody reads slowly: what the node did to
 * a session is in the capture.
 */
public final class Replay {

  private static final Duration NEVER = Duration.ofDays(10_000);
  private static final Duration TICK = Duration.ofMillis(250);

  /** How long a protocol's own threads may take, in the world's time, with what is missing. */
  private static final Duration OTHERS = Duration.ofSeconds(2);

  private final Capture capture;
  private final Map<Integer, Protocol> protocols;
  private final boolean times;
  private final ReplayLoop loop = new ReplayLoop();
  private final Connections connections;
  private final Map<Long, CapturedSession> byId = new HashMap<>();
  private final Map<Long, ReplayedSession> sessions = new LinkedHashMap<>();
  private final Map<Long, ReplayedSession> byBridge = new HashMap<>();

  private Replay(Capture capture, Map<Integer, Protocol> protocols, boolean times) {
    this.capture = capture;
    this.protocols = protocols;
    this.times = times;
    capture.sessions().forEach(session -> byId.put(session.id(), session));
    this.connections =
        new Connections(
            // A node's defaults: protocols promise their peers by them.
            new BridgeOptions(16 << 20, 1 << 20, 128 << 20, NEVER, 1),
            List.of(loop),
            execution -> loop.workers(),
            loop.ticker(),
            () ->
                Instant.ofEpochSecond(0, loop.ticker().nanoTime())
                    .plusSeconds(capture.header().startedAt().getEpochSecond()));
  }

  /**
   * Plays it.
   *
   * @param capture without gaps
   * @param protocols by the numbers of the capture's, with their settings; neither started nor used
   *     by anybody else
   * @param times the clock passes as it did; else it stands still until all was given
   * @return where sessions differ, one place each; empty: they are equal
   * @throws Exception what the start of a protocol has thrown
   */
  public static List<Difference> run(
      Capture capture, Map<Integer, Protocol> protocols, boolean times) throws Exception {
    return new Replay(capture, protocols, times).run();
  }

  private List<Difference> run() throws Exception {
    List<Protocol> started = new ArrayList<>();
    try {
      for (Protocol protocol : protocols.values()) {
        started.add(protocol);
        within(
            protocol,
            () -> {
              protocol.subsystem().start(new ReplayContext(loop));
              return true;
            });
      }
      return play();
    } finally {
      for (Protocol protocol : started) {
        within(
            protocol,
            () -> {
              protocol.subsystem().stop();
              return true;
            });
      }
    }
  }

  private static void within(Protocol protocol, Callable<Boolean> call) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(protocol.classLoader());
    try {
      call.call();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private List<Difference> play() throws InterruptedException {
    connections.tapBy((opening, at) -> byBridge.get(opening.id().value()));
    keepTicking();
    long clock = 0;
    ReplayedSession last = null;
    for (OfSession record : capture.given()) {
      if (times && record.nanos() > clock) {
        loop.advance(record.nanos() - clock);
        clock = record.nanos();
      }
      last = play(record, last);
    }
    loop.run(() -> sessions.values().forEach(ReplayedSession::finish));
    settle(end() - clock);
    List<Difference> differences = new ArrayList<>();
    sessions.values().forEach(session -> session.difference().ifPresent(differences::add));
    loop.run(() -> sessions.values().forEach(ReplayedSession::abort));
    return differences;
  }

  private ReplayedSession play(OfSession record, @Nullable ReplayedSession last) {
    if (record instanceof Opened opened) {
      ReplayedSession made = make(opened);
      sessions.put(opened.session(), made);
      byBridge.put(made.bridgeId(), made);
      loop.run(
          () -> {
            endPass(last);
            made.open();
          });
      return made;
    }
    ReplayedSession session = Objects.requireNonNull(sessions.get(record.session()));
    loop.run(
        () -> {
          if (session != last) {
            endPass(last);
          }
          session.play(record);
        });
    return session;
  }

  private static void endPass(@Nullable ReplayedSession of) {
    if (of != null) {
      of.passComplete();
    }
  }

  private ReplayedSession make(Opened opened) {
    CapturedSession recorded = Objects.requireNonNull(byId.get(opened.session()));
    Endpoint endpoint =
        connections.endpoint(
            new EndpointOptions(
                capture.header().interfaceName(),
                ProtocolChoice.only(Objects.requireNonNull(protocols.get(opened.protocol()))),
                RpcMap.EMPTY,
                opened.tls().isPresent(),
                opened.capped() ? 0 : Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                limits()));
    Admission.Place place = Objects.requireNonNull(endpoint.admit(opened.remote()), "no cap");
    ReplayWire wire =
        opened.transport() == Transport.UDP
            ? new ReplayDatagrams(loop, endpoint, place, opened.local(), address(opened.remote()))
            : new ReplayStream(
                loop, endpoint, place, opened.local(), opened.remote(), opened.tls().orElse(null));
    return new ReplayedSession(recorded, connections, endpoint, wire);
  }

  private static InetSocketAddress address(@Nullable InetSocketAddress known) {
    return known != null ? known : new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static EndpointOptions.Limits limits() {
    EndpointOptions.Limits usual = EndpointOptions.Limits.defaults();
    return new EndpointOptions.Limits(
        NEVER, NEVER, NEVER, usual.highMark(), Integer.MAX_VALUE, usual.lingerTimeout());
  }

  /** When the capture's last record was made. */
  private long end() {
    long end = 0;
    for (CapturedSession session : capture.sessions()) {
      for (OfSession record : session.records()) {
        end = Math.max(end, record.nanos());
      }
    }
    return end;
  }

  /** What was delayed comes, and what other threads make. */
  private void settle(long left) throws InterruptedException {
    loop.advance(Math.max(0, left));
    // Room for what closing takes.
    loop.advance(TimeUnit.SECONDS.toNanos(1));
    long until = System.nanoTime() + OTHERS.toNanos();
    while (!sessions.values().stream().allMatch(ReplayedSession::complete)) {
      long patience = until - System.nanoTime();
      if (patience <= 0 || !loop.awaitOthers(Duration.ofNanos(patience))) {
        return;
      }
    }
  }

  /** As often as a node does. */
  private void keepTicking() {
    Sweep sweep = connections.sweepOf(loop);
    Future<?> unused =
        loop.schedule(
            () -> {
              sweep.tick(loop.ticker().nanoTime());
              keepTicking();
            },
            TICK.toNanos(),
            TimeUnit.NANOSECONDS);
  }
}
