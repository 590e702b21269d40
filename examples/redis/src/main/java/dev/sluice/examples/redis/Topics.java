// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who listens to what. For any thread; one lock, so that all who listen to a channel get its
 * messages in one order. Nothing is written under it: a message is put into mailboxes.
 */
final class Topics {

  private final Map<Bytes, Set<Client>> channels = new HashMap<>();
  private final Map<Bytes, Set<Client>> patterns = new HashMap<>();

  synchronized void subscribe(Client client, Bytes name, boolean pattern) {
    (pattern ? patterns : channels)
        .computeIfAbsent(name, unused -> new LinkedHashSet<>())
        .add(client);
  }

  synchronized void unsubscribe(Client client, Bytes name, boolean pattern) {
    Map<Bytes, Set<Client>> all = pattern ? patterns : channels;
    Set<Client> listening = all.get(name);
    if (listening != null && listening.remove(client) && listening.isEmpty()) {
      all.remove(name);
    }
  }

  /** How many subscriptions it reaches. */
  synchronized int publish(byte[] channel, byte[] payload) {
    Bytes name = new Bytes(channel);
    int reached = post(channels.get(name), new Message(null, name, payload));
    for (Map.Entry<Bytes, Set<Client>> entry : patterns.entrySet()) {
      if (Glob.matches(entry.getKey().array(), channel)) {
        reached += post(entry.getValue(), new Message(entry.getKey(), name, payload));
      }
    }
    return reached;
  }

  private static int post(@Nullable Set<Client> listening, Message message) {
    int reached = 0;
    if (listening != null) {
      for (Client client : listening) {
        reached += client.post(message) ? 1 : 0;
      }
    }
    return reached;
  }
}
