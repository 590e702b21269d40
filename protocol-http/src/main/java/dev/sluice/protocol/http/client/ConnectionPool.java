// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.outbound.OutboundPool;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client's connections to one target, and the calls that wait for one. Any thread; nothing is
 * called with the lock held but what a session says of itself.
 */
final class ConnectionPool {

  private final ConnectionPools client;
  private final Destination destination;

  /** How long no connection is tried for, behind one that failed, while others serve the calls. */
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  // Guarded by this.
  private final List<Connection> connections = new ArrayList<>();
  private final ArrayDeque<PooledCall> waiting = new ArrayDeque<>();
  private int connecting;
  private boolean removed;

  /** Attempts that have failed while others are under way, which may serve the calls that wait. */
  private int failures;

  private long connectFrom = System.nanoTime();

  /** How many requests the last connection took at once, which the next one is expected to. */
  private int expected = 1;

  ConnectionPool(ConnectionPools client, Destination destination) {
    this.client = client;
    this.destination = destination;
  }

  /** A connection and the calls that have a place on it. */
  static final class Connection {
    private final ConnectionPool pool;
    private final HttpClientSession session;

    // Guarded by the pool.
    private int inUse;
    private boolean answered;

    /** It had no room for a call that was to have some: none goes there before that may change. */
    private boolean full;

    private long idleSince = System.nanoTime();

    private Connection(ConnectionPool pool, HttpClientSession session) {
      this.pool = pool;
      this.session = session;
    }

    HttpClientSession session() {
      return session;
    }

    /**
     * A call is over, or could not begin.
     *
     * @param answer whether it was answered
     * @param noRoom whether it could not begin for want of room
     */
    void release(boolean answer, boolean noRoom) {
      pool.release(this, answer, noRoom);
    }
  }

  /** False: this pool is no more; another one has taken its place. */
  boolean submit(PooledCall call) {
    boolean refused = false;
    synchronized (this) {
      if (removed) {
        return false;
      }
      if (call.begunBefore()) {
        waiting.addFirst(call);
      } else if (waiting.size() - connecting >= client.limits().maxWaiting() && !room()) {
        // Those that a connection is on its way for do not wait for another call's end.
        refused = true;
      } else {
        waiting.add(call);
      }
    }
    if (refused) {
      call.fail(
          Kind.LIMIT,
          client.limits().maxWaiting() + " requests wait for a connection already",
          null);
    } else {
      client.watch();
      pump();
    }
    return true;
  }

  /** Whether a call could go on at once, or by a connection of its own. */
  private boolean room() {
    return connections.size() + connecting < client.limits().maxConnections()
        || free(false) != null;
  }

  /**
   * The one opened last, so that those that are not needed fall idle.
   *
   * @param fresh one on which nothing was answered yet
   */
  private @Nullable Connection free(boolean fresh) {
    for (int i = connections.size() - 1; i >= 0; i--) {
      Connection connection = connections.get(i);
      if (!connection.full
          && connection.inUse < connection.session.maxRequests()
          && !(fresh && connection.answered)) {
        return connection;
      }
    }
    return null;
  }

  /** Brings calls and connections together, and opens what is missing. */
  private void pump() {
    while (true) {
      Connection useless;
      Place place = null;
      synchronized (this) {
        connections.removeIf(one -> !one.session.isOpen());
        useless = useless();
        if (useless != null) {
          connections.remove(useless);
        } else {
          place = place();
          if (place != null) {
            waiting.remove(place.call);
            place.on.inUse++;
          } else if (wantsConnection()) {
            connecting++;
          } else {
            if (connections.isEmpty() && waiting.isEmpty() && connecting == 0) {
              removed = true;
              client.empty(destination, this);
            }
            return;
          }
        }
      }
      if (useless != null) {
        useless.session.shutdown();
      } else if (place != null) {
        place.call.start(place.on, place.kept);
      } else {
        connect();
      }
    }
  }

  private record Place(PooledCall call, Connection on, boolean kept) {}

  /** For the first call that there is a connection for; null: none. */
  private @Nullable Place place() {
    for (PooledCall call : waiting) {
      boolean fresh = call.wantsFresh();
      Connection on = free(fresh);
      if (on != null) {
        return new Place(call, on, on.answered);
      }
      if (!fresh) {
        return null;
      }
    }
    return null;
  }

  /**
   * A connection that nobody uses and nobody should: it has slept for longer than it may, perhaps
   * because the whole process has, or it has the place of one that a call needs anew.
   */
  private @Nullable Connection useless() {
    PooledCall first = waiting.peek();
    if (first == null) {
      return null;
    }
    long now = System.nanoTime();
    boolean inTheWay =
        first.wantsFresh()
            && connecting == 0
            && connections.size() >= client.limits().maxConnections()
            && mayConnect()
            && free(true) == null;
    for (Connection connection : connections) {
      if (connection.inUse == 0
          && (inTheWay || now - connection.idleSince > client.limits().idleTimeout().toNanos())) {
        return connection;
      }
    }
    return null;
  }

  private boolean wantsConnection() {
    return connections.size() + connecting < client.limits().maxConnections()
        && waiting.size() > (long) connecting * expected
        && mayConnect();
  }

  private boolean mayConnect() {
    return failures == 0 && (connections.isEmpty() || System.nanoTime() - connectFrom >= 0);
  }

  private void connect() {
    CompletionStage<HttpClientSession> stage;
    try {
      stage = client.connect(destination);
    } catch (RuntimeException failure) {
      notConnected(failure);
      return;
    }
    stage.whenComplete(
        (session, failure) -> {
          if (failure == null) {
            connected(session);
          } else {
            notConnected(failure);
          }
        });
  }

  private void connected(HttpClientSession session) {
    Connection made = new Connection(this, session);
    synchronized (this) {
      connecting--;
      connections.add(made);
      expected = Math.max(1, session.maxRequests());
      if (failures > 0) {
        failures = 0;
        connectFrom = System.nanoTime() + PAUSE_NANOS;
      }
    }
    session.onChange(() -> changed(made));
    if (client.closed()) {
      session.shutdown();
    }
    pump();
  }

  /**
   * The failure is that of the call which has waited longest, and the next one has its own attempt,
   * unless there is another connection, or will be: then they wait for that.
   */
  private void notConnected(Throwable failure) {
    List<PooledCall> calls = new ArrayList<>();
    synchronized (this) {
      connecting--;
      failures++;
      connections.removeIf(one -> !one.session.isOpen());
      if (!connections.isEmpty()) {
        failures = 0;
        connectFrom = System.nanoTime() + PAUSE_NANOS;
      } else if (connecting == 0) {
        while (failures > 0 && !waiting.isEmpty()) {
          failures--;
          calls.add(waiting.remove());
        }
        failures = 0;
      }
    }
    for (PooledCall call : calls) {
      call.notConnected(failure);
    }
    pump();
  }

  private void changed(Connection connection) {
    synchronized (this) {
      connection.full = false;
    }
    pump();
  }

  private void release(Connection connection, boolean answer, boolean noRoom) {
    synchronized (this) {
      connection.inUse--;
      connection.full = noRoom;
      connection.answered |= answer;
      connection.idleSince = System.nanoTime();
    }
    pump();
  }

  /** A call that has waited is over by itself. */
  void forget(PooledCall call) {
    synchronized (this) {
      waiting.remove(call);
    }
    pump();
  }

  synchronized OutboundPool figures() {
    int requests = 0;
    for (Connection connection : connections) {
      requests += connection.inUse;
    }
    return new OutboundPool(
        destination.target(),
        destination.foreign(),
        connections.size(),
        connecting,
        requests,
        waiting.size());
  }

  /** Whether any call waits. */
  boolean checkTime(long now) {
    List<PooledCall> calls;
    synchronized (this) {
      calls = List.copyOf(waiting);
      // Whatever made one full is to be found out anew, if nothing has told of a change.
      connections.forEach(one -> one.full = false);
    }
    for (PooledCall call : calls) {
      call.checkTime(now);
    }
    // The pause behind an attempt that failed may be over.
    pump();
    synchronized (this) {
      return !waiting.isEmpty();
    }
  }

  void close() {
    List<PooledCall> calls;
    List<Connection> open;
    synchronized (this) {
      calls = List.copyOf(waiting);
      waiting.clear();
      open = List.copyOf(connections);
    }
    for (PooledCall call : calls) {
      call.fail(Kind.CLOSED, "the client was closed", null);
    }
    for (Connection connection : open) {
      connection.session.shutdown();
    }
  }
}
