// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.InterfaceMetrics;
import dev.sluice.transport.epoll.OpenSslServer;
import io.netty.buffer.ByteBuf;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All connections of the node: a listener and a bridge for each interface, the way from an id to
 * its connection, and what is counted.
 *
 * <p>{@link #replyAsync} and {@link #metrics} may be called from any thread at any time; the others
 * belong to the {@link Node}, one call at a time.
 */
@Singleton
public final class RpcConnectionManager {

  /** How long aborted connections may take to tell their sessions; it is work of ours alone. */
  private static final Duration ABORT = Duration.ofSeconds(5);

  private final EpollTransport transport;
  private final Map<String, OpenSslServer> servers = new LinkedHashMap<>();

  /**
   * Makes the listeners of a plan's interfaces and binds nothing.
   *
   * @param transport what the interfaces share
   * @param plan what they are
   */
  @Inject
  RpcConnectionManager(EpollTransport transport, NodePlan plan) {
    this.transport = transport;
    for (PlannedInterface planned : plan.interfaces()) {
      servers.put(planned.name(), transport.server(planned.options()));
    }
  }

  /**
   * Binds every interface. None listens yet: clients are refused by the kernel.
   *
   * @return the addresses by interface, port 0 resolved
   * @throws IOException if one can't be bound, with its name; the others stay bound until {@link
   *     #stopAccepting}
   */
  Map<String, InetSocketAddress> bind() throws IOException {
    Map<String, InetSocketAddress> addresses = new LinkedHashMap<>();
    for (Map.Entry<String, OpenSslServer> entry : servers.entrySet()) {
      try {
        addresses.put(entry.getKey(), entry.getValue().bind());
      } catch (IOException e) {
        throw new IOException("interface " + entry.getKey() + ": " + e.getMessage(), e);
      }
    }
    return addresses;
  }

  /** Begins to accept on every interface. */
  void listen() throws IOException {
    for (Map.Entry<String, OpenSslServer> entry : servers.entrySet()) {
      try {
        entry.getValue().listen();
      } catch (IOException e) {
        throw new IOException("interface " + entry.getKey() + ": " + e.getMessage(), e);
      }
    }
  }

  /** Gives every port up. Connections live on. Safe at any time, also again. */
  void stopAccepting() {
    servers.values().forEach(OpenSslServer::close);
  }

  /**
   * Ends every connection: asks, waits, and aborts what is left. An interrupt ends the waiting.
   *
   * @param patience how long sessions may finish what is in hand
   * @return how many connections were aborted
   */
  int endConnections(Duration patience) {
    for (OpenSslServer server : servers.values()) {
      server.bridge().drain(patience);
    }
    if (awaitNone(patience)) {
      return 0;
    }
    int aborted = 0;
    for (OpenSslServer server : servers.values()) {
      aborted += server.bridge().abortAll(CloseReason.DRAIN_DEADLINE);
    }
    // Only a session that blocks its worker keeps this waiting.
    boolean interrupted = Thread.interrupted();
    awaitNone(ABORT);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return aborted;
  }

  private boolean awaitNone(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    boolean none = true;
    try {
      for (OpenSslServer server : servers.values()) {
        long left = Math.max(0, deadline - System.nanoTime());
        none &= server.bridge().awaitNone(Duration.ofNanos(left));
      }
      return none;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Sends raw protocol bytes through a session, in that session's own order, whoever calls.
   *
   * @param id the connection
   * @param terminate whether the session is asked to end behind the bytes
   * @param data ownership passes to this method in every case
   * @return {@code false}: the id is unknown, its connection is closing, or as much as a connection
   *     may have queued already waits for the session, and nothing will be sent; {@code true}:
   *     handed to the session, which may still refuse
   */
  public boolean replyAsync(ConnId id, boolean terminate, ByteBuf data) {
    return transport.reply(id, terminate, data);
  }

  /**
   * What is counted, by interface in the order of the configuration.
   *
   * @return stays good after the node has ended
   */
  public Map<String, InterfaceMetrics> metrics() {
    Map<String, InterfaceMetrics> metrics = new LinkedHashMap<>();
    servers.forEach((name, server) -> metrics.put(name, server.bridge().metrics()));
    return Collections.unmodifiableMap(metrics);
  }
}
