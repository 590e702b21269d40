// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ConnectionOpener;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.EndpointOptions.Limits;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.ProtocolChoice;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where an in-memory platform's connections are made, from the first one on. */
final class InMemoryInterface {

  private static final String NAME = "memory";
  private static final String OUTBOUND = "outbound";
  private static final int NO_CAP = Integer.MAX_VALUE;

  private final InMemoryNode node;
  private final Protocol protocol;

  /** They give out places only: each connection has an endpoint of its own. */
  private final Endpoint uncapped;

  private final Endpoint overSoftCap;
  private int peers;

  /** What a test may set anew for each connection. */
  record Options(
      @Nullable Record settings,
      RpcMap rpc,
      Transport transport,
      @Nullable TlsInfo tls,
      Limits limits) {}

  /**
   * @param protocol asked for its answers about itself, once
   */
  InMemoryInterface(InMemoryNode node, CustomProtocolSubsystem protocol, int softCap, int hardCap) {
    this.node = node;
    this.protocol = Protocol.of(protocol);
    this.uncapped = places(softCap, hardCap);
    this.overSoftCap = places(0, hardCap);
  }

  private Endpoint places(int soft, int hard) {
    return node.connections()
        .endpoint(
            new EndpointOptions(
                NAME,
                ProtocolChoice.only(protocol),
                RpcMap.EMPTY,
                false,
                soft,
                hard,
                Limits.defaults()));
  }

  /** A peer has connected. */
  InMemoryConnection accept(Options set, boolean capped, boolean handshaking) {
    InetSocketAddress remote = nextPeer();
    Admission.Place place = (capped ? overSoftCap : uncapped).admit(remote);
    if (place == null) {
      throw new IllegalStateException("refused over the hard cap");
    }
    Observer observer = observer();
    EndpointOptions served =
        served(NAME, observer, protocol.withSettings(set.settings()), set.rpc(), set.tls(), set);
    return new InMemoryConnection(
        node,
        observer,
        new ConnectionOptions(
            served, place, null, set.transport(), set.tls(), handshaking, remote));
  }

  /** A session has connected. */
  InMemoryConnection open(
      Options set,
      CustomProtocolSubsystem client,
      InMemoryOutbound.Attempt attempt,
      ConnectionOpener opener) {
    Observer observer = observer().outbound();
    Protocol asked = Protocol.of(client).withSettings(attempt.options().settings().orElse(null));
    EndpointOptions served = served(OUTBOUND, observer, asked, RpcMap.EMPTY, attempt.tls(), set);
    Admission.Place place =
        Objects.requireNonNull(node.connections().endpoint(served).reserve(), "without a cap");
    return new InMemoryConnection(
        node,
        observer,
        new ConnectionOptions(
            served, place, opener, Transport.TCP, attempt.tls(), false, nextPeer()));
  }

  static EndpointOptions served(
      String name, Observer observer, Protocol by, RpcMap rpc, @Nullable TlsInfo tls, Options set) {
    return new EndpointOptions(
        name,
        ProtocolChoice.only(observer.observe(by)),
        rpc,
        tls != null,
        NO_CAP,
        NO_CAP,
        set.limits());
  }

  private Observer observer() {
    return new Observer(
        node.executor().calls(), node.executor()::driving, node.executor().trails());
  }

  private InetSocketAddress nextPeer() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1024 + peers++ % 60_000);
  }

  /** Fails unless nothing is left of connections, once all have ended. */
  void checkRemains() {
    Connections.Remains remains = node.connections().remains();
    if (!remains.equals(Connections.Remains.NOTHING)) {
      throw new AssertionError("left behind by connections that have ended: " + remains);
    }
  }

  List<CloseRecord> closeRecords() {
    return node.connections().closeRecords().latest(Integer.MAX_VALUE);
  }
}
