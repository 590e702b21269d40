// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.rpc.RpcMap;
import java.util.ArrayList;
import java.util.List;

/** One interface of a {@link Simulation}, or its connections to elsewhere, and who has places. */
final class SimEndpoint {

  enum Kind {
    PLAIN,
    SECURE,
    DATAGRAM,
    OUTBOUND
  }

  final Kind kind;
  final Endpoint endpoint;
  final EndpointOptions options;
  final List<SimConnection> connections = new ArrayList<>();
  private final Simulation sim;
  private final List<Protocol> protocols = new ArrayList<>();

  SimEndpoint(Simulation sim, Kind kind, int number) {
    this.sim = sim;
    this.kind = kind;
    Choices choices = sim.choices();
    boolean several = kind == Kind.PLAIN && choices.oneIn(3);
    for (int i = several ? 2 : 1; i > 0; i--) {
      Execution execution = choices.oneIn(2) ? Execution.WORKERS : Execution.EVENT_LOOP;
      boolean speaksFirst = !several && choices.oneIn(4);
      protocols.add(Protocol.of(new SimProtocol(sim, "P" + number + i, execution, speaksFirst)));
    }
    Protocol first = protocols.get(0);
    int soft = choices.between(1, 5);
    this.options =
        new EndpointOptions(
            kind + "-" + number,
            several ? ProtocolChoice.of(protocols, first) : ProtocolChoice.only(first),
            RpcMap.EMPTY,
            kind == Kind.SECURE,
            soft,
            soft + choices.below(3),
            sim.limits());
    this.endpoint = sim.connections().endpoint(options);
  }

  /** Whether a connection's session runs on workers. */
  boolean workers(SimConnection connection) {
    return workers(connection.bridge().calls().protocolName());
  }

  private boolean workers(String name) {
    for (Protocol protocol : protocols) {
      if (protocol.name().equals(name)) {
        return protocol.execution() != Execution.EVENT_LOOP;
      }
    }
    throw new IllegalStateException(name + " is not known yet");
  }

  @Override
  public String toString() {
    return options.name()
        + (workers(protocols.get(0).name()) ? " workers " : " loop ")
        + options.protocols()
        + ", caps "
        + options.softCap()
        + "/"
        + options.hardCap()
        + ", "
        + options.limits();
  }

  /** Connections that exist, or whose session does not know that they don't. */
  int live() {
    int live = 0;
    for (SimConnection connection : connections) {
      boolean over =
          connection.session == null ? connection.bridge().gone() : connection.closedHeard;
      if (!over) {
        live++;
      }
    }
    return live;
  }

  /** Takes a place, or none where none may be had. */
  Admission.Place admit() {
    int before = endpoint.admission().open();
    if (live() > before) {
      sim.fail(options.name() + ": " + live() + " are there on " + before + " places");
    }
    Admission.Place place = kind == Kind.OUTBOUND ? endpoint.reserve() : endpoint.admit(null);
    if ((place == null) != (before >= options.hardCap())) {
      sim.fail(options.name() + ": admitted beside " + before + ": " + (place != null));
    }
    if (place != null && place.capped() != (before >= options.softCap())) {
      sim.fail(options.name() + ": capped beside " + before + ": " + place.capped());
    }
    return place;
  }

  /** A new connection, which its events have to follow. */
  void connect(SimLoop loop) {
    Admission.Place place = admit();
    if (place == null) {
      return;
    }
    SimWire wire = new SimWire(sim, this, loop);
    StreamBridge bridge =
        kind == Kind.OUTBOUND
            ? endpoint.opened(options, new Opening(wire), place, loop, sim.allocator(), wire)
            : endpoint.accepted(place, loop, sim.allocator(), wire);
    wire.bridge = bridge;
    sim.add(wire);
    bridge.begin();
    if (sim.choices().oneIn(30)) {
      wire.failToRegister();
    }
  }

  /** Has asked for a connection. */
  private final class Opening implements ConnectionOpener {
    private final SimWire wire;
    private boolean made;
    private boolean ended;

    Opening(SimWire wire) {
      this.wire = wire;
    }

    @Override
    public void sessionMade(Session session) {
      if (made || ended || !session.equals(wire.session)) {
        sim.fail(wire + ": a session was made, and made " + made + ", ended " + ended);
      }
      made = true;
    }

    @Override
    public void ended(Ending ending) {
      if (ended || (made && !wire.closedHeard)) {
        sim.fail(wire + ": told of its end before the session, or twice");
      }
      ended = true;
      wire.openerHeard = true;
    }
  }

  void checkEnded() {
    for (SimConnection connection : connections) {
      connection.checkEnded();
      if (kind == Kind.OUTBOUND && !((SimWire) connection).openerHeard) {
        sim.fail(connection + ": its opener never heard of its end");
      }
    }
    long internal = endpoint.metrics().snapshot().errors().getOrDefault("internal", 0L);
    if (internal > 0 && !sim.wiresThrow()) {
      sim.fail(options.name() + ": " + internal + " internal errors");
    }
  }
}
