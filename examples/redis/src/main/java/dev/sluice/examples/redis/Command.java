// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

/**
 * A command that is known.
 *
 * @param name in lower case
 * @param arity how many words it has, its name among them; negative: at least as many
 * @param kind what it touches
 * @param action what it does
 */
record Command(String name, int arity, Kind kind, Action action) {

  /** What a command touches, and so when it may run. */
  enum Kind {
    /** The store, whose lock is held meanwhile. */
    KEYS,
    /** The connection. */
    CONNECTION,
    /** The connection, also while a client of version 2 listens to channels. */
    ALWAYS
  }

  /** What it throws is answered in its place. */
  @FunctionalInterface
  interface Action {
    void run(Client client, Keyspace keys, byte[][] words);
  }

  static Command of(String name, int arity, Action action) {
    return new Command(name, arity, Kind.KEYS, action);
  }

  boolean takes(int words) {
    return arity < 0 ? words >= -arity : words == arity;
  }

  void run(Client client, byte[][] words) {
    Keyspace keys = client.store().keys();
    if (kind == Kind.KEYS) {
      synchronized (keys) {
        keys.tick();
        action.run(client, keys, words);
      }
    } else {
      action.run(client, keys, words);
    }
  }
}
