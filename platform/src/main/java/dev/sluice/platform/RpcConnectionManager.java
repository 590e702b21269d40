// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.ConnId;
import dev.sluice.platform.config.NodeConfiguration;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.InterfaceServer;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import io.netty.buffer.ByteBuf;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All connections of the node: a listener and a bridge for each interface, the way from an id to
 * its connection, the connections that the node opens itself, and what is counted.
 *
 * <p>{@link #replyAsync} and {@link #metrics} may be called from any thread at any time; the others
 * belong to the {@link Node}, one call at a time, but for {@link #listenWhereAvailable}, which may
 * meet the end.
 */
@Singleton
public final class RpcConnectionManager {

  private static final Logger log = LoggerFactory.getLogger(RpcConnectionManager.class);

  private final EpollTransport transport;
  private final Map<String, InterfaceServer> servers = new LinkedHashMap<>();
  private final OutboundConnections outbound;
  private final Drain drain;

  /** Held to listen and to give ports up; no loop takes it. */
  private final Object listening = new Object();

  // Guarded by listening.
  private boolean accepting = true;

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
      servers.put(planned.name(), server(planned));
    }
    this.outbound =
        transport.openOutbound(settings(plan.config()), plan::client, plan.certificates());
    this.drain = new Drain(servers, outbound);
  }

  private InterfaceServer server(PlannedInterface planned) {
    if (planned.datagrams().isPresent()) {
      return transport.datagramServer(planned.options(), planned.datagrams().get());
    }
    // Applications beside the operator's want all loops, and may block them.
    return planned.operatorAlone()
        ? transport.operatorServer(planned.options())
        : transport.server(planned.options());
  }

  private static OutboundSettings settings(NodeConfiguration config) {
    EndpointOptions.Limits limits = EndpointOptions.Limits.defaults();
    return new OutboundSettings(
        config.outbound().maxConnections(),
        config.outbound().connectTimeout(),
        new EndpointOptions.Limits(
            config.outboundIdleTimeout(),
            config.outbound().handshakeTimeout(),
            limits.slowConsumerTimeout(),
            limits.highMark(),
            limits.hardMark(),
            limits.lingerTimeout()),
        List.of(),
        config.outbound().tcpUserTimeout());
  }

  /**
   * Binds every interface. None serves yet: clients are refused by the kernel, and datagrams wait
   * there.
   *
   * @return the addresses by interface, port 0 resolved
   * @throws IOException if one can't be bound, with its name; the others stay bound until the
   *     {@link #drain}
   */
  Map<String, InetSocketAddress> bind() throws IOException {
    Map<String, InetSocketAddress> addresses = new LinkedHashMap<>();
    for (Map.Entry<String, InterfaceServer> entry : servers.entrySet()) {
      try {
        addresses.put(entry.getKey(), entry.getValue().bind());
      } catch (IOException e) {
        throw new IOException("interface " + entry.getKey() + ": " + e.getMessage(), e);
      }
    }
    return addresses;
  }

  /** Begins to accept on every interface but those whose certificate has not come. */
  void listen() throws IOException {
    synchronized (listening) {
      for (Map.Entry<String, InterfaceServer> entry : servers.entrySet()) {
        try {
          if (canListen(entry.getValue())) {
            entry.getValue().listen();
          }
        } catch (IOException e) {
          throw new IOException("interface " + entry.getKey() + ": " + e.getMessage(), e);
        }
      }
    }
  }

  private static boolean canListen(InterfaceServer server) {
    TlsContextRef tls = server.options().tls();
    return !server.listening() && (tls == null || tls.available());
  }

  /** Begins to accept where a certificate was waited for and has come. Any thread but a loop. */
  void listenWhereAvailable() {
    synchronized (listening) {
      for (Map.Entry<String, InterfaceServer> entry : servers.entrySet()) {
        InterfaceServer server = entry.getValue();
        if (accepting && canListen(server)) {
          try {
            server.listen();
            log.info("{} listens on {}", entry.getKey(), AddressText.of(server.address()));
          } catch (IOException e) {
            // Nobody but root can have taken the port. The next look tries again.
            log.error("interface {}: {}", entry.getKey(), e.getMessage());
          }
        }
      }
    }
  }

  /** Whether an interface accepts, or did until its end. */
  boolean listens(String name) {
    synchronized (listening) {
      InterfaceServer server = servers.get(name);
      return server != null && server.listening();
    }
  }

  /** No interface begins to accept from here on; those that do go on until the {@link #drain}. */
  void listenNoMore() {
    synchronized (listening) {
      accepting = false;
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
   * The connections that the node opens.
   *
   * @return the same always
   */
  OutboundConnections outbound() {
    return outbound;
  }

  /** What the interfaces share. */
  EpollTransport transport() {
    return transport;
  }

  /**
   * What is counted of the connections that the node opens.
   *
   * @return stays good after the node has ended
   */
  public EndpointMetrics outboundMetrics() {
    return outbound.endpoint().metrics();
  }

  /**
   * Sends raw protocol bytes through a session, in that session's own order, whoever calls.
   *
   * @param id the connection
   * @param terminate whether the session is asked to end behind the bytes
   * @param data ownership passes to this method in every case; where it is empty, a session on TCP
   *     is not called with it, and one on UDP is asked to send an empty datagram
   * @return {@code false}: the id is unknown, its connection is closing, or as much as a connection
   *     may have queued already waits for the session, and nothing will be sent; {@code true}:
   *     handed to the session, which may still refuse
   */
  public boolean replyAsync(ConnId id, boolean terminate, ByteBuf data) {
    return transport.connections().reply(id, terminate, data);
  }

  /**
   * What is counted, by interface in the order of the configuration.
   *
   * @return stays good after the node has ended
   */
  public Map<String, EndpointMetrics> metrics() {
    Map<String, EndpointMetrics> metrics = new LinkedHashMap<>();
    servers.forEach((name, server) -> metrics.put(name, server.endpoint().metrics()));
    return Collections.unmodifiableMap(metrics);
  }
}
