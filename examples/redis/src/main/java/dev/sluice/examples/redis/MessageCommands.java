// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import dev.sluice.examples.redis.Command.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands for messages among clients. */
final class MessageCommands {

  private MessageCommands() {}

  static List<Command> all() {
    return List.of(
        new Command("subscribe", -2, Kind.ALWAYS, (c, keys, words) -> subscribe(c, words, false)),
        new Command("psubscribe", -2, Kind.ALWAYS, (c, keys, words) -> subscribe(c, words, true)),
        new Command(
            "unsubscribe", -1, Kind.ALWAYS, (c, keys, words) -> unsubscribe(c, words, false)),
        new Command(
            "punsubscribe", -1, Kind.ALWAYS, (c, keys, words) -> unsubscribe(c, words, true)),
        new Command("publish", 3, Kind.CONNECTION, (c, keys, words) -> publish(c, words)));
  }

  private static void subscribe(Client client, byte[][] words, boolean pattern) {
    for (int i = 1; i < words.length; i++) {
      Bytes name = new Bytes(words[i]);
      client.subscribe(name, pattern);
      confirm(client, pattern ? "psubscribe" : "subscribe", name);
    }
  }

  private static void unsubscribe(Client client, byte[][] words, boolean pattern) {
    String what = pattern ? "punsubscribe" : "unsubscribe";
    List<Bytes> names =
        words.length == 1
            ? List.copyOf(client.subscribed(pattern))
            : List.of(words).subList(1, words.length).stream().map(Bytes::new).toList();
    if (names.isEmpty()) {
      confirm(client, what, null);
    }
    for (Bytes name : names) {
      client.unsubscribe(name, pattern);
      confirm(client, what, name);
    }
  }

  private static void confirm(Client client, String what, @Nullable Bytes name) {
    client.reply().push(3);
    client.reply().bulk(what);
    if (name == null) {
      client.reply().nil();
    } else {
      client.reply().bulk(name.array());
    }
    client.reply().integer(client.subscriptions());
  }

  private static void publish(Client client, byte[][] words) {
    client.reply().integer(client.store().topics().publish(words[1], words[2]));
  }
}
