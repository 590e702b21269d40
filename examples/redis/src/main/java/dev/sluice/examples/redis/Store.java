// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** What all clients of one name share. For any thread. */
final class Store {

  /** Removed under one hold of the lock, so that no command waits long. */
  private static final int REMOVED_AT_ONCE = 1_000;

  private final Keyspace keys;
  private final Topics topics = new Topics();
  private final AtomicInteger clients = new AtomicInteger();

  Store(LongSupplier clock) {
    keys = new Keyspace(clock);
  }

  /** To be used with its monitor held. */
  Keyspace keys() {
    return keys;
  }

  Topics topics() {
    return topics;
  }

  AtomicInteger clients() {
    return clients;
  }

  /** Frees what has expired and nobody asks for; once a tick, so much at most. */
  void sweep() {
    synchronized (keys) {
      keys.tick();
      keys.removeExpired(REMOVED_AT_ONCE);
    }
  }
}
