// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A client's connections to one target, and the calls that wait for one. Any thread; nothing is
 * called with the lock held but what a session says of itself.
 */
final class ConnectionPool {

  private final HttpClient client;
  private final OutboundTarget target;

  // Guarded by this.
  private final List<Connection> connections = new ArrayList<>();
  private final ArrayDeque<PooledCall> waiting = new ArrayDeque<>();
  private int connecting;
  private boolean removed;

  /** How many requests the last connection took at once, which the next one is expected to. */
  private int expected = 1;

  ConnectionPool(HttpClient client, OutboundTarget target) {
    this.client = client;
    this.target = target;
  }

  /** A connection and the calls that have a place on it. */
  static final class Connection {
    private final ConnectionPool pool;
    private final HttpClientSession session;

    // Guarded by the pool.
    private int inUse;

    private Connection(ConnectionPool pool, HttpClientSession session) {
      this.pool = pool;
      this.session = session;
    }

    HttpClientSession session() {
      return session;
    }

    /** A call is over, or could not begin. */
    void release() {
      pool.release(this);
    }
  }

  /** False: this pool is no more; another one has taken its place. */
  boolean submit(PooledCall call) {
    boolean refused = false;
    synchronized (this) {
      if (removed) {
        return false;
      }
      // Those that a connection is on its way for do not wait for another call's end.
      if (waiting.size() - connecting >= client.maxWaiting() && !room()) {
        refused = true;
      } else {
        waiting.add(call);
      }
    }
    if (refused) {
      call.fail(Kind.LIMIT, client.maxWaiting() + " requests wait for a connection already", null);
    } else {
      client.watch();
      pump();
    }
    return true;
  }

  /** Whether a call could go on at once, or by a connection of its own. */
  private boolean room() {
    return connections.size() + connecting < client.maxConnections() || free() != null;
  }

  /** The one opened last, so that those that are not needed fall idle. */
  private @Nullable Connection free() {
    for (int i = connections.size() - 1; i >= 0; i--) {
      Connection connection = connections.get(i);
      if (connection.inUse < connection.session.maxRequests()) {
        return connection;
      }
    }
    return null;
  }

  /** Brings calls and connections together, and opens what is missing. */
  private void pump() {
    while (true) {
      PooledCall call = null;
      Connection connection;
      synchronized (this) {
        connections.removeIf(one -> one.session.maxRequests() == 0);
        connection = waiting.isEmpty() ? null : free();
        if (connection != null) {
          call = waiting.remove();
          connection.inUse++;
        } else if (wantsConnection()) {
          connecting++;
        } else {
          if (connections.isEmpty() && waiting.isEmpty() && connecting == 0) {
            removed = true;
            client.empty(target, this);
          }
          return;
        }
      }
      if (connection != null && call != null) {
        call.start(connection);
      } else {
        connect();
      }
    }
  }

  private boolean wantsConnection() {
    return connections.size() + connecting < client.maxConnections()
        && waiting.size() > (long) connecting * expected;
  }

  private void connect() {
    CompletionStage<HttpClientSession> stage;
    try {
      stage = client.connect(target);
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
    synchronized (this) {
      connecting--;
      connections.add(new Connection(this, session));
      expected = Math.max(1, session.maxRequests());
    }
    session.onChange(this::pump);
    if (client.closed()) {
      session.shutdown();
    }
    pump();
  }

  /** The failure is that of the call which has waited longest; the next one has its own attempt. */
  private void notConnected(Throwable failure) {
    PooledCall call;
    synchronized (this) {
      connecting--;
      call = waiting.poll();
    }
    if (call != null) {
      call.notConnected(failure);
    }
    pump();
  }

  private void release(Connection connection) {
    synchronized (this) {
      connection.inUse--;
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

  /** Whether any call waits. */
  boolean checkTime(long now) {
    List<PooledCall> calls;
    synchronized (this) {
      calls = List.copyOf(waiting);
    }
    for (PooledCall call : calls) {
      call.checkTime(now);
    }
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
