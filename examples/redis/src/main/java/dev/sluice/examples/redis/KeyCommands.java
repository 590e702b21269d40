// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Commands on keys, whatever stands under them. */
final class KeyCommands {

  private static final int SCAN_COUNT = 10;

  /** However much a client asks for, nobody waits longer for the store. */
  private static final int MOST_SCANNED = 10_000;

  private KeyCommands() {}

  static List<Command> all() {
    return List.of(
        Command.of("del", -2, KeyCommands::del),
        Command.of("unlink", -2, KeyCommands::del),
        Command.of("exists", -2, KeyCommands::exists),
        Command.of("expire", 3, (client, keys, words) -> expire(client, keys, words, true)),
        Command.of("pexpire", 3, (client, keys, words) -> expire(client, keys, words, false)),
        Command.of("ttl", 2, (client, keys, words) -> ttl(client, keys, words, 1000)),
        Command.of("pttl", 2, (client, keys, words) -> ttl(client, keys, words, 1)),
        Command.of("persist", 2, KeyCommands::persist),
        Command.of("type", 2, KeyCommands::type),
        Command.of("keys", 2, KeyCommands::keys),
        Command.of("scan", -2, KeyCommands::scan),
        Command.of("dbsize", 1, (client, keys, words) -> client.reply().integer(keys.size())),
        Command.of("flushall", -1, KeyCommands::flush),
        Command.of("flushdb", -1, KeyCommands::flush));
  }

  private static void del(Client client, Keyspace keys, byte[][] words) {
    int removed = 0;
    for (int i = 1; i < words.length; i++) {
      removed += keys.remove(words[i]) ? 1 : 0;
    }
    client.reply().integer(removed);
  }

  private static void exists(Client client, Keyspace keys, byte[][] words) {
    int found = 0;
    for (int i = 1; i < words.length; i++) {
      found += keys.find(words[i]) == null ? 0 : 1;
    }
    client.reply().integer(found);
  }

  private static void expire(Client client, Keyspace keys, byte[][] words, boolean seconds) {
    String name = seconds ? "expire" : "pexpire";
    long now = keys.now();
    long expiry = Words.expiryOrPast(name, Words.integer(words[2]), seconds, now);
    Keyspace.Entry entry = keys.find(words[1]);
    if (entry != null) {
      if (expiry <= now) {
        keys.remove(words[1]);
      } else {
        keys.expireAt(entry, expiry);
      }
    }
    client.reply().bool(entry != null);
  }

  private static void ttl(Client client, Keyspace keys, byte[][] words, int unit) {
    Keyspace.Entry entry = keys.find(words[1]);
    long answer;
    if (entry == null) {
      answer = -2;
    } else if (entry.expiresAt() == 0) {
      answer = -1;
    } else {
      answer = (entry.expiresAt() - keys.now() + unit / 2) / unit;
    }
    client.reply().integer(answer);
  }

  private static void persist(Client client, Keyspace keys, byte[][] words) {
    Keyspace.Entry entry = keys.find(words[1]);
    if (entry == null || entry.expiresAt() == 0) {
      client.reply().bool(false);
    } else {
      keys.expireAt(entry, 0);
      client.reply().bool(true);
    }
  }

  private static void type(Client client, Keyspace keys, byte[][] words) {
    Keyspace.Entry entry = keys.find(words[1]);
    client.reply().simple(entry == null ? "none" : entry.value().type());
  }

  private static void keys(Client client, Keyspace keys, byte[][] words) {
    List<byte[]> found = new ArrayList<>();
    long length = 0;
    for (int slot = 0; slot < keys.slots(); slot++) {
      Keyspace.Entry entry = keys.at(slot);
      if (entry != null && Glob.matches(words[1], entry.key())) {
        found.add(entry.key());
        length += entry.key().length;
        client.reply().check(length);
      }
    }
    client.reply().bulks(found);
  }

  private static void scan(Client client, Keyspace keys, byte[][] words) {
    long from = cursor(words[1]);
    byte[] pattern = null;
    String type = null;
    long count = SCAN_COUNT;
    if (words.length % 2 != 0) {
      throw CommandException.syntax();
    }
    for (int i = 2; i < words.length; i += 2) {
      switch (Words.lower(words[i])) {
        case "match" -> pattern = words[i + 1];
        case "count" -> count = Words.integer(words[i + 1]);
        case "type" -> type = Words.lower(words[i + 1]).toLowerCase(Locale.ROOT);
        default -> throw CommandException.syntax();
      }
    }
    if (count < 1) {
      throw CommandException.syntax();
    }
    long to = Math.min(from + Math.min(count, MOST_SCANNED), keys.slots());
    List<byte[]> found = new ArrayList<>();
    for (long slot = from; slot < to; slot++) {
      Keyspace.Entry entry = keys.at((int) slot);
      if (entry != null && wanted(entry, pattern, type)) {
        found.add(entry.key());
      }
    }
    client.reply().check(found.stream().mapToLong(key -> key.length).sum());
    client.reply().array(2);
    client.reply().bulk(to >= keys.slots() ? "0" : Long.toString(to));
    client.reply().bulks(found);
  }

  private static boolean wanted(
      Keyspace.Entry entry, byte @Nullable [] pattern, @Nullable String type) {
    return (pattern == null || Glob.matches(pattern, entry.key()))
        && (type == null || type.equals(entry.value().type()));
  }

  private static long cursor(byte[] word) {
    try {
      long cursor = Words.integer(word);
      if (cursor >= 0 && cursor <= Integer.MAX_VALUE) {
        return cursor;
      }
    } catch (CommandException e) {
      // Said below.
    }
    throw new CommandException("ERR invalid cursor");
  }

  private static void flush(Client client, Keyspace keys, byte[][] words) {
    if (words.length > 2
        || (words.length == 2 && !Words.is(words[1], "sync") && !Words.is(words[1], "async"))) {
      throw CommandException.syntax();
    }
    keys.clear();
    client.reply().ok();
  }
}
