// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.examples.redis.Command.Kind;
import java.util.List;

/** Commands on the connection, and those by which a client gets to know whom it talks to. */
final class ConnectionCommands {

  /** The version whose behaviour this one's is a part of. */
  private static final String VERSION = "7.0.0";

  private ConnectionCommands() {}

  static List<Command> all() {
    return List.of(
        new Command("ping", -1, Kind.ALWAYS, (client, keys, words) -> ping(client, words)),
        new Command(
            "echo", 2, Kind.CONNECTION, (client, keys, words) -> client.reply().bulk(words[1])),
        new Command("hello", -1, Kind.CONNECTION, (client, keys, words) -> hello(client, words)),
        new Command("auth", -2, Kind.CONNECTION, (client, keys, words) -> auth(words)),
        new Command("select", 2, Kind.CONNECTION, (client, keys, words) -> select(client, words)),
        new Command("client", -2, Kind.CONNECTION, (client, keys, words) -> client(client, words)),
        new Command(
            "command", -1, Kind.CONNECTION, (client, keys, words) -> command(client, words)),
        new Command("config", -2, Kind.CONNECTION, (client, keys, words) -> config(client, words)),
        new Command("info", -1, Kind.KEYS, (client, keys, words) -> info(client, keys)),
        new Command("reset", 1, Kind.ALWAYS, (client, keys, words) -> reset(client)),
        new Command(
            "quit",
            -1,
            Kind.ALWAYS,
            (client, keys, words) -> {
              client.reply().ok();
              client.leave();
            }));
  }

  private static void ping(Client client, byte[][] words) {
    if (words.length > 2) {
      throw CommandException.arity("ping");
    }
    Reply reply = client.reply();
    if (client.onlyListens()) {
      reply.array(2);
      reply.bulk("pong");
      reply.bulk(words.length == 2 ? words[1] : new byte[0]);
    } else if (words.length == 2) {
      reply.bulk(words[1]);
    } else {
      reply.simple("PONG");
    }
  }

  private static void hello(Client client, byte[][] words) {
    int version = client.reply().version();
    if (words.length > 1) {
      if (!Words.is(words[1], "2") && !Words.is(words[1], "3")) {
        throw new CommandException("NOPROTO unsupported protocol version");
      }
      version = words[1][0] - '0';
    }
    String name = client.name();
    for (int i = 2; i < words.length; i += 2) {
      if (Words.is(words[i], "setname") && i + 1 < words.length) {
        name = name(words[i + 1]);
      } else if (Words.is(words[i], "auth") && i + 2 < words.length) {
        auth(words);
      } else {
        throw new CommandException("ERR Syntax error in HELLO option");
      }
    }
    client.name(name);
    Reply reply = client.reply();
    reply.version(version);
    reply.map(7);
    reply.bulk("server");
    reply.bulk("redis");
    reply.bulk("version");
    reply.bulk(VERSION);
    reply.bulk("proto");
    reply.integer(version);
    reply.bulk("id");
    reply.integer(client.number());
    reply.bulk("mode");
    reply.bulk("standalone");
    reply.bulk("role");
    reply.bulk("master");
    reply.bulk("modules");
    reply.array(0);
  }

  /** Who may connect is the interface's to say, by client certificates for one. */
  private static void auth(byte[][] words) {
    if (words.length > 3 && Words.is(words[0], "auth")) {
      throw CommandException.syntax();
    }
    throw new CommandException(
        "ERR AUTH called, but no password is configured: this server knows none");
  }

  private static void select(Client client, byte[][] words) {
    if (Words.integer(words[1]) != 0) {
      throw new CommandException("ERR DB index is out of range");
    }
    client.reply().ok();
  }

  private static void client(Client client, byte[][] words) {
    String what = Words.lower(words[1]);
    switch (what + " " + words.length) {
      case "id 2" -> client.reply().integer(client.number());
      case "getname 2" -> {
        if (client.name().isEmpty()) {
          client.reply().nil();
        } else {
          client.reply().bulk(client.name());
        }
      }
      case "setname 3" -> {
        client.name(name(words[2]));
        client.reply().ok();
      }
      case "setinfo 4" -> client.reply().ok();
      default -> throw unknownSubcommand(words);
    }
  }

  private static String name(byte[] word) {
    String name = new String(word, UTF_8);
    if (word.length > 64 || name.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new CommandException(
          "ERR Client names are at most 64 characters without spaces, newlines or special"
              + " characters.");
    }
    return name;
  }

  private static CommandException unknownSubcommand(byte[][] words) {
    return new CommandException(
        "ERR unknown subcommand or wrong number of arguments for '"
            + Words.printable(words[1])
            + "' of "
            + Words.lower(words[0]).toUpperCase(java.util.Locale.ROOT));
  }

  /** Clients ask for help texts, and do without. */
  private static void command(Client client, byte[][] words) {
    String what = words.length == 1 ? "" : Words.lower(words[1]);
    switch (what) {
      case "count" -> client.reply().integer(Commands.count());
      case "docs" -> client.reply().map(0);
      case "", "info", "list" -> client.reply().array(0);
      default -> throw unknownSubcommand(words);
    }
  }

  /** Benchmarks ask, and do without. */
  private static void config(Client client, byte[][] words) {
    if (!Words.is(words[1], "get") || words.length < 3) {
      throw unknownSubcommand(words);
    }
    client.reply().map(0);
  }

  private static void info(Client client, Keyspace keys) {
    client
        .reply()
        .bulk(
            "# Server\r\nredis_version:"
                + VERSION
                + "\r\nredis_mode:standalone\r\n\r\n# Clients\r\nconnected_clients:"
                + client.store().clients()
                + "\r\n\r\n# Memory\r\nused_memory:"
                + keys.used()
                + "\r\nmaxmemory:"
                + client.maxMemory()
                + "\r\n\r\n# Keyspace\r\ndb0:keys="
                + keys.size()
                + ",expires="
                + keys.expiringSize()
                + "\r\n");
  }

  private static void reset(Client client) {
    client.unsubscribeAll();
    client.name("");
    client.reply().version(2);
    client.reply().simple("RESET");
  }
}
