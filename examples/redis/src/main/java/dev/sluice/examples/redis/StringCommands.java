// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands on strings. */
final class StringCommands {

  private static final byte[] NOTHING = {};

  private StringCommands() {}

  static List<Command> all() {
    return List.of(
        Command.of("get", 2, (client, keys, words) -> text(client, keys.text(words[1]))),
        Command.of("set", -3, StringCommands::set),
        Command.of("setnx", 3, StringCommands::setnx),
        Command.of("setex", 4, (client, keys, words) -> setex(client, keys, words, true)),
        Command.of("psetex", 4, (client, keys, words) -> setex(client, keys, words, false)),
        Command.of("getdel", 2, StringCommands::getdel),
        Command.of("getset", 3, StringCommands::getset),
        Command.of("mget", -2, StringCommands::mget),
        Command.of("mset", -3, StringCommands::mset),
        Command.of("incr", 2, (client, keys, words) -> add(client, keys, words[1], 1)),
        Command.of("decr", 2, (client, keys, words) -> add(client, keys, words[1], -1)),
        Command.of(
            "incrby",
            3,
            (client, keys, words) -> add(client, keys, words[1], Words.integer(words[2]))),
        Command.of("decrby", 3, StringCommands::decrby),
        Command.of("append", 3, StringCommands::append),
        Command.of("strlen", 2, StringCommands::strlen));
  }

  private static void text(Client client, byte @Nullable [] text) {
    if (text == null) {
      client.reply().nil();
    } else {
      client.reply().check(text.length);
      client.reply().bulk(text);
    }
  }

  private static Keyspace.Entry put(Client client, Keyspace keys, byte[] key, byte[] text) {
    Value value = new Value.Text(text);
    long growth = Keyspace.cost(key, value.cost()) - Keyspace.cost(keys.find(key));
    keys.reserve(growth, client.maxMemory());
    return keys.put(key, value);
  }

  /** What the words behind the value say. */
  private record SetOptions(
      long expiresAt, boolean keep, boolean onlyNew, boolean onlyOld, boolean get) {

    static SetOptions of(byte[][] words, long now) {
      long expiresAt = 0;
      boolean keep = false;
      boolean onlyNew = false;
      boolean onlyOld = false;
      boolean get = false;
      for (int i = 3; i < words.length; i++) {
        String word = Words.lower(words[i]);
        boolean timed = (word.equals("ex") || word.equals("px")) && i + 1 < words.length;
        if (timed && expiresAt == 0 && !keep) {
          expiresAt = Words.expiry("set", words[++i], word.equals("ex"), now);
        } else if (word.equals("keepttl") && expiresAt == 0) {
          keep = true;
        } else if (word.equals("nx") && !onlyOld) {
          onlyNew = true;
        } else if (word.equals("xx") && !onlyNew) {
          onlyOld = true;
        } else if (word.equals("get")) {
          get = true;
        } else {
          throw CommandException.syntax();
        }
      }
      return new SetOptions(expiresAt, keep, onlyNew, onlyOld, get);
    }
  }

  private static void set(Client client, Keyspace keys, byte[][] words) {
    SetOptions options =
        words.length == 3
            ? new SetOptions(0, false, false, false, false)
            : SetOptions.of(words, keys.now());
    boolean there = keys.find(words[1]) != null;
    byte[] before = options.get ? keys.text(words[1]) : null;
    boolean done = !(options.onlyNew && there) && !(options.onlyOld && !there);
    if (done) {
      Keyspace.Entry entry = put(client, keys, words[1], words[2]);
      if (!options.keep) {
        keys.expireAt(entry, options.expiresAt);
      }
    }
    if (options.get) {
      text(client, before);
    } else if (done) {
      client.reply().ok();
    } else {
      client.reply().nil();
    }
  }

  private static void setnx(Client client, Keyspace keys, byte[][] words) {
    boolean free = keys.find(words[1]) == null;
    if (free) {
      put(client, keys, words[1], words[2]);
    }
    client.reply().bool(free);
  }

  private static void setex(Client client, Keyspace keys, byte[][] words, boolean seconds) {
    long expiry = Words.expiry(seconds ? "setex" : "psetex", words[2], seconds, keys.now());
    keys.expireAt(put(client, keys, words[1], words[3]), expiry);
    client.reply().ok();
  }

  private static void getdel(Client client, Keyspace keys, byte[][] words) {
    text(client, keys.text(words[1]));
    keys.remove(words[1]);
  }

  private static void getset(Client client, Keyspace keys, byte[][] words) {
    byte[] before = keys.text(words[1]);
    keys.expireAt(put(client, keys, words[1], words[2]), 0);
    text(client, before);
  }

  private static void mget(Client client, Keyspace keys, byte[][] words) {
    byte[][] found = new byte[words.length][];
    long length = 0;
    for (int i = 1; i < words.length; i++) {
      Keyspace.Entry entry = keys.find(words[i]);
      if (entry != null && entry.value() instanceof Value.Text text) {
        found[i] = text.bytes();
        length += text.bytes().length;
      }
    }
    client.reply().check(length);
    client.reply().array(words.length - 1);
    for (int i = 1; i < words.length; i++) {
      text(client, found[i]);
    }
  }

  private static void mset(Client client, Keyspace keys, byte[][] words) {
    if (words.length % 2 == 0) {
      throw CommandException.arity("mset");
    }
    // All or nothing: so there has to be room for all of them first.
    long growth = 0;
    for (int i = 1; i < words.length; i += 2) {
      long cost = Keyspace.cost(words[i], new Value.Text(words[i + 1]).cost());
      growth += Math.max(0, cost - Keyspace.cost(keys.find(words[i])));
    }
    keys.reserve(growth, client.maxMemory());
    for (int i = 1; i < words.length; i += 2) {
      keys.expireAt(keys.put(words[i], new Value.Text(words[i + 1])), 0);
    }
    client.reply().ok();
  }

  private static void decrby(Client client, Keyspace keys, byte[][] words) {
    long by = Words.integer(words[2]);
    if (by == Long.MIN_VALUE) {
      throw new CommandException("ERR decrement would overflow");
    }
    add(client, keys, words[1], -by);
  }

  private static void add(Client client, Keyspace keys, byte[] key, long by) {
    byte[] before = keys.text(key);
    long sum = sum(before == null ? 0 : Words.integer(before), by);
    put(client, keys, key, Long.toString(sum).getBytes(ISO_8859_1));
    client.reply().integer(sum);
  }

  static long sum(long number, long by) {
    try {
      return Math.addExact(number, by);
    } catch (ArithmeticException e) {
      throw new CommandException("ERR increment or decrement would overflow");
    }
  }

  private static void append(Client client, Keyspace keys, byte[][] words) {
    byte[] found = keys.text(words[1]);
    byte[] before = found == null ? NOTHING : found;
    if ((long) before.length + words[2].length > client.maxBulkLength()) {
      throw new CommandException("ERR string exceeds maximum allowed size (max_bulk_length)");
    }
    byte[] text = Arrays.copyOf(before, before.length + words[2].length);
    System.arraycopy(words[2], 0, text, before.length, words[2].length);
    put(client, keys, words[1], text);
    client.reply().integer(text.length);
  }

  private static void strlen(Client client, Keyspace keys, byte[][] words) {
    byte[] text = keys.text(words[1]);
    client.reply().integer(text == null ? 0 : text.length);
  }
}
