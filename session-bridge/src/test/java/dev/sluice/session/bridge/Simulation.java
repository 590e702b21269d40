// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ConnId;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A node with all that is around it, on one thread: loops, workers, time, wires, peers and the
 * people who give it orders. At each step chance says what happens next among all that may; the
 * model says what must not have happened. What several threads do at the same time is played by one
 * of them having its turn while another is in the middle of something.
 */
final class Simulation {

  private static final int MOST_CONNECTIONS = 24;
  private static final int MOST_DEEDS = 300;
  private static final int MOST_NESTED = 3;
  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(250);

  private final Choices choices;
  private final List<String> trace;
  private final SimThread outside = new SimThread("outside");
  private final SimOrders orders = new SimOrders(this, outside);
  private final SimAllocator allocator = new SimAllocator();
  private final SimPool pool;
  private final List<SimLoop> loops = new ArrayList<>();
  private final List<SimEndpoint> endpoints = new ArrayList<>();
  private final List<SimWire> wires = new ArrayList<>();
  private final List<SimSocket> sockets = new ArrayList<>();
  private final Map<Long, SimConnection> byId = new HashMap<>();
  private final List<ByteBuf> leaked = new ArrayList<>();
  private final Connections connections;
  private final EndpointOptions.Limits limits;
  private final SimAction[] actions;
  private final int scale;
  private final int connectionLimit;
  private final long nodeLimit;
  private final boolean wiresThrow;

  private long now = TICK;
  private SimThread current = outside;
  private int nested;
  private long interleaved;
  private int deedsLeft = MOST_DEEDS;
  private int generation;
  private boolean stopped;
  private String failure;

  private final Ticker ticker = HandDrivenLoop.ticker(this::now);

  Simulation(Choices choices, boolean tracing) {
    this.choices = choices;
    this.trace = tracing ? new ArrayList<>() : null;
    boolean large = choices.oneIn(16);
    this.scale = large ? 150_000 : 400;
    this.wiresThrow = choices.oneIn(16);
    this.pool = new SimPool(this, choices.between(1, 3));
    for (int i = choices.between(1, 2); i > 0; i--) {
      loops.add(new SimLoop(this, "loop" + i));
    }
    this.limits =
        new EndpointOptions.Limits(
            Duration.ofSeconds(choices.between(2, 12)),
            Duration.ofSeconds(choices.between(1, 4)),
            Duration.ofSeconds(choices.between(1, 6)),
            scale,
            scale * choices.between(4, 20),
            Duration.ofSeconds(choices.between(1, 3)));
    this.actions = SimAction.some(choices);
    this.connectionLimit = scale * choices.between(1, 3);
    this.nodeLimit = scale * (long) choices.between(1, 12);
    this.connections =
        new Connections(
            new BridgeOptions(
                nodeLimit,
                connectionLimit,
                large ? 2L * scale : 40_000,
                Duration.ofSeconds(choices.between(2, 20)),
                choices.below(4)),
            loops,
            execution -> pool,
            ticker,
            InstantSource.system());
    SimEndpoint.Kind[] kinds = SimEndpoint.Kind.values();
    for (int i = choices.between(1, 3); i > 0; i--) {
      SimEndpoint endpoint = new SimEndpoint(this, kinds[choices.below(kinds.length)], i);
      endpoints.add(endpoint);
      if (endpoint.kind == SimEndpoint.Kind.DATAGRAM) {
        sockets.add(new SimSocket(this, endpoint, anyLoop()));
      }
    }
  }

  /** Runs to the end, or to the first failure. Null: everything was as it has to be. */
  String run() {
    for (int left = choices.between(30, 250); left > 0 && failure == null; left--) {
      step();
      checkBounds();
    }
    if (failure == null) {
      new SimEnd(this).run();
    }
    return failure;
  }

  // ---- threads

  /** Has a thread do something, which may be in the middle of another one's. */
  void as(SimThread thread, Runnable what) {
    SimThread before = current;
    boolean wasBusy = thread.busy;
    current = thread;
    thread.busy = true;
    try {
      what.run();
    } catch (Throwable thrown) {
      fail("thrown on " + thread + ": " + thrown + " at " + place(thrown));
    } finally {
      current = before;
      thread.busy = wasBusy;
    }
  }

  private static String place(Throwable thrown) {
    StringBuilder place = new StringBuilder();
    StackTraceElement[] stack = thrown.getStackTrace();
    for (int i = 0; i < Math.min(6, stack.length); i++) {
      place.append(stack[i]).append(' ');
    }
    return place.toString();
  }

  /** Here other threads may have come between. */
  void interleave() {
    if (nested < MOST_NESTED && !stopped && failure == null && choices.oneIn(16)) {
      nested++;
      interleaved++;
      step();
      nested--;
    }
  }

  SimThread current() {
    return current;
  }

  boolean onWorker() {
    return pool.owns(current);
  }

  // ---- what happens next

  private void step() {
    int roll = choices.below(100);
    if (roll < 20) {
      SimLoop loop = anyLoop();
      if (!loop.thread.busy) {
        loop.runOne();
      }
    } else if (roll < 36) {
      pool.runOne();
    } else if (roll < 72) {
      wireStep();
    } else if (roll < 80) {
      if (nested == 0) {
        passTime(TICK * (1L + choices.below(choices.oneIn(4) ? 16 : 3)));
      }
    } else if (roll < 87) {
      connect();
    } else if (roll < 95) {
      orders.callFromOutside(roll >= 93);
    } else {
      as(outside, orders::order);
    }
  }

  private void wireStep() {
    int which = choices.below(wires.size() + sockets.size() + 1);
    if (which < wires.size()) {
      wires.get(which).step();
      if (nested == 0) {
        wires.removeIf(SimWire::isOver);
      }
    } else if (which < wires.size() + sockets.size()) {
      sockets.get(which - wires.size()).step();
    }
  }

  /** With ticks on most loops; a loop that is held up misses one. */
  void passTime(long nanos) {
    now += nanos;
    for (SimLoop loop : loops) {
      if (!choices.oneIn(4)) {
        tick(loop);
      }
    }
  }

  void tick(SimLoop loop) {
    as(
        loop.thread,
        () -> {
          List<SimWire> swept = new ArrayList<>(wires);
          swept.removeIf(wire -> wire.loop != loop || !wire.isSwept());
          swept.forEach(wire -> wire.deadlines().beforeTick());
          long before = interleaved;
          connections.sweepOf(loop).tick(now);
          if (interleaved == before) {
            swept.forEach(wire -> wire.deadlines().afterTick());
          } else {
            swept.forEach(wire -> wire.deadlines().afterUnwatchedTick());
          }
        });
  }

  private void connect() {
    SimEndpoint endpoint = endpoints.get(choices.below(endpoints.size()));
    if (endpoint.kind != SimEndpoint.Kind.DATAGRAM && byId.size() < MOST_CONNECTIONS) {
      as(outside, () -> endpoint.connect(anyLoop()));
    }
  }

  SimConnection anyConnection() {
    if (byId.isEmpty()) {
      return null;
    }
    long number = 1L + choices.below(byId.size());
    SimConnection inbound = byId.get(number);
    return inbound != null ? inbound : byId.get(-number);
  }

  // ---- what must always hold

  /**
   * A connection is told to rest when its pass has gone over a limit, and may have one more under
   * way; a pass is three reads at most.
   */
  private void checkBounds() {
    long pass = 3L * scale;
    long queued = 0;
    for (SimWire wire : wires) {
      long own = wire.queuedIn();
      queued += own;
      if (own < 0 || own > connectionLimit + 2 * pass) {
        fail(wire + " has " + own + " bytes of input queued");
      }
    }
    if (queued > nodeLimit + 2L * wires.size() * pass) {
      fail("all connections have " + queued + " bytes of input queued");
    }
    if (connections.inboundQueued() < 0) {
      fail("there are " + connections.inboundQueued() + " bytes of input");
    }
  }

  // ---- for the parts

  void fail(String what) {
    if (failure == null) {
      failure = what;
      if (trace != null) {
        trace.add("FAILURE: " + what);
      }
    }
  }

  String failure() {
    return failure;
  }

  boolean tracing() {
    return trace != null;
  }

  void trace(String line) {
    if (failure == null) {
      trace.add(" ".repeat(nested) + (now / 1_000_000) + " ms, " + current + ": " + line);
    }
  }

  List<String> traced() {
    return trace;
  }

  void add(SimConnection connection) {
    byId.put(connection.id().value(), connection);
    connection.home.connections.add(connection);
    if (connection instanceof SimWire wire) {
      wires.add(wire);
    }
    if (trace != null) {
      trace(connection + " on " + connection.loop.thread + ", " + connection.home);
    }
  }

  SimConnection connection(ConnId id) {
    return byId.get(id.value());
  }

  /** Deeds beget deeds: after so many there are no more. */
  SimAction action() {
    return --deedsLeft < 0 ? SimAction.NOTHING : actions[choices.below(actions.length)];
  }

  private SimLoop anyLoop() {
    return loops.get(choices.below(loops.size()));
  }

  void leaked(ByteBuf buffer) {
    leaked.add(buffer);
  }

  List<ByteBuf> leaked() {
    return leaked;
  }

  void stop() {
    stopped = true;
    deedsLeft = Math.min(deedsLeft, MOST_DEEDS / 4);
  }

  /** The pool may have ended. */
  boolean stopped() {
    return stopped;
  }

  Choices choices() {
    return choices;
  }

  SimAllocator allocator() {
    return allocator;
  }

  Connections connections() {
    return connections;
  }

  EndpointOptions.Limits limits() {
    return limits;
  }

  SimOrders orders() {
    return orders;
  }

  SimPool pool() {
    return pool;
  }

  List<SimLoop> loops() {
    return loops;
  }

  List<SimEndpoint> endpoints() {
    return endpoints;
  }

  List<SimWire> wires() {
    return wires;
  }

  List<SimSocket> sockets() {
    return sockets;
  }

  long now() {
    return now;
  }

  void rotate() {
    generation++;
  }

  int generation() {
    return generation;
  }

  /** The most that is written, sent or taken at once. */
  int scale() {
    return scale;
  }

  int wireLimit() {
    return scale;
  }

  /** Wires fail in ways that the bridge can't know. */
  boolean wiresThrow() {
    return wiresThrow;
  }
}
