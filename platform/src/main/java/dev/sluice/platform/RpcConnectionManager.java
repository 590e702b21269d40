// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.ConnId;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.InterfaceMetrics;
import dev.sluice.transport.epoll.OpenSslServer;
import io.netty.buffer.ByteBuf;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetSocketAddress;
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

  private final EpollTransport transport;
  private final Map<String, OpenSslServer> servers = new LinkedHashMap<>();
  private final Drain drain;

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
    this.drain = new Drain(servers);
  }

  /**
   * Binds every interface. None listens yet: clients are refused by the kernel.
   *
   * @return the addresses by interface, port 0 resolved
   * @throws IOException if one can't be bound, with its name; the others stay bound until the
   *     {@link #drain}
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

  /**
   * How the connections end.
   *
   * @return the same always
   */
  Drain drain() {
    return drain;
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
