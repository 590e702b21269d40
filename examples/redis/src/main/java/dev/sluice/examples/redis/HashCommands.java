// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands on hashes. */
final class HashCommands {

  private HashCommands() {}

  static List<Command> all() {
    return List.of(
        Command.of("hset", -4, HashCommands::hset),
        Command.of("hmset", -4, HashCommands::hset),
        Command.of("hsetnx", 4, HashCommands::hsetnx),
        Command.of("hget", 3, HashCommands::hget),
        Command.of("hmget", -3, HashCommands::hmget),
        Command.of("hgetall", 2, HashCommands::hgetall),
        Command.of("hkeys", 2, (client, keys, words) -> list(client, keys, words, true)),
        Command.of("hvals", 2, (client, keys, words) -> list(client, keys, words, false)),
        Command.of("hdel", -3, HashCommands::hdel),
        Command.of("hexists", 3, HashCommands::hexists),
        Command.of("hlen", 2, HashCommands::hlen),
        Command.of("hincrby", 4, HashCommands::hincrby));
  }

  /** Puts fields, all or none of them; how many are new. */
  private static int put(Client client, Keyspace keys, byte[] key, byte[]... pairs) {
    Value.Hash found = keys.hash(key);
    Value.Hash hash = found == null ? new Value.Hash() : found;
    long growth = found == null ? Keyspace.cost(key, hash.cost()) : 0;
    for (int i = 0; i < pairs.length; i += 2) {
      byte[] before = hash.get(pairs[i]);
      growth +=
          before == null
              ? Value.Hash.growth(pairs[i], pairs[i + 1])
              : pairs[i + 1].length - before.length;
    }
    keys.reserve(growth, client.maxMemory());
    int added = 0;
    for (int i = 0; i < pairs.length; i += 2) {
      added += hash.put(pairs[i], pairs[i + 1]) ? 1 : 0;
    }
    keys.put(key, hash);
    return added;
  }

  private static void hset(Client client, Keyspace keys, byte[][] words) {
    String name = Words.lower(words[0]);
    if (words.length % 2 != 0) {
      throw CommandException.arity(name);
    }
    int added = put(client, keys, words[1], Arrays.copyOfRange(words, 2, words.length));
    if (name.equals("hmset")) {
      client.reply().ok();
    } else {
      client.reply().integer(added);
    }
  }

  private static void hsetnx(Client client, Keyspace keys, byte[][] words) {
    Value.Hash hash = keys.hash(words[1]);
    boolean free = hash == null || hash.get(words[2]) == null;
    if (free) {
      put(client, keys, words[1], words[2], words[3]);
    }
    client.reply().bool(free);
  }

  private static void value(Client client, byte @Nullable [] value) {
    if (value == null) {
      client.reply().nil();
    } else {
      client.reply().bulk(value);
    }
  }

  private static void hget(Client client, Keyspace keys, byte[][] words) {
    Value.Hash hash = keys.hash(words[1]);
    byte[] value = hash == null ? null : hash.get(words[2]);
    client.reply().check(value == null ? 0 : value.length);
    value(client, value);
  }

  private static void hmget(Client client, Keyspace keys, byte[][] words) {
    Value.Hash hash = keys.hash(words[1]);
    byte[][] values = new byte[words.length][];
    long length = 0;
    for (int i = 2; hash != null && i < words.length; i++) {
      values[i] = hash.get(words[i]);
      length += values[i] == null ? 0 : values[i].length;
    }
    client.reply().check(length);
    client.reply().array(words.length - 2);
    for (int i = 2; i < words.length; i++) {
      value(client, values[i]);
    }
  }

  private static void hgetall(Client client, Keyspace keys, byte[][] words) {
    Value.Hash hash = keys.hash(words[1]);
    if (hash == null) {
      client.reply().map(0);
      return;
    }
    client.reply().check(hash.content());
    client.reply().map(hash.fields().size());
    hash.fields()
        .forEach(
            (field, value) -> {
              client.reply().bulk(field.array());
              client.reply().bulk(value);
            });
  }

  private static void list(Client client, Keyspace keys, byte[][] words, boolean fields) {
    Value.Hash hash = keys.hash(words[1]);
    if (hash == null) {
      client.reply().array(0);
      return;
    }
    client.reply().check(hash.content());
    client.reply().array(hash.fields().size());
    hash.fields().forEach((field, value) -> client.reply().bulk(fields ? field.array() : value));
  }

  private static void hdel(Client client, Keyspace keys, byte[][] words) {
    Keyspace.Entry entry = keys.find(words[1]);
    Value.Hash hash = keys.hash(words[1]);
    int removed = 0;
    for (int i = 2; hash != null && i < words.length; i++) {
      removed += hash.remove(words[i]) ? 1 : 0;
    }
    if (entry != null && hash != null) {
      keys.changed(entry);
      if (hash.fields().isEmpty()) {
        keys.remove(words[1]);
      }
    }
    client.reply().integer(removed);
  }

  private static void hexists(Client client, Keyspace keys, byte[][] words) {
    Value.Hash hash = keys.hash(words[1]);
    client.reply().bool(hash != null && hash.get(words[2]) != null);
  }

  private static void hlen(Client client, Keyspace keys, byte[][] words) {
    Value.Hash hash = keys.hash(words[1]);
    client.reply().integer(hash == null ? 0 : hash.fields().size());
  }

  private static void hincrby(Client client, Keyspace keys, byte[][] words) {
    long by = Words.integer(words[3]);
    Value.Hash hash = keys.hash(words[1]);
    byte[] before = hash == null ? null : hash.get(words[2]);
    long number;
    try {
      number = before == null ? 0 : Words.integer(before);
    } catch (CommandException e) {
      throw new CommandException("ERR hash value is not an integer");
    }
    long sum = StringCommands.sum(number, by);
    put(client, keys, words[1], words[2], Long.toString(sum).getBytes(ISO_8859_1));
    client.reply().integer(sum);
  }
}
