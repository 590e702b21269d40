// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All commands by their names. */
final class Commands {

  private static final Map<String, Command> ALL =
      Stream.of(
              ConnectionCommands.all(),
              StringCommands.all(),
              KeyCommands.all(),
              HashCommands.all(),
              MessageCommands.all())
          .flatMap(List::stream)
          .collect(Collectors.toUnmodifiableMap(Command::name, Function.identity()));

  private Commands() {}

  static int count() {
    return ALL.size();
  }

  /** Runs a command and writes its answer, or its error. */
  static void run(Client client, byte[][] words) {
    try {
      find(client, words).run(client, words);
    } catch (CommandException e) {
      client.reply().error(String.valueOf(e.getMessage()));
    }
  }

  private static Command find(Client client, byte[][] words) {
    Command command = ALL.get(Words.lower(words[0]));
    if (command == null) {
      throw new CommandException("ERR unknown command '" + Words.printable(words[0]) + "'");
    }
    if (!command.takes(words.length)) {
      throw CommandException.arity(command.name());
    }
    if (client.onlyListens() && command.kind() != Command.Kind.ALWAYS) {
      throw new CommandException(
          "ERR Can't execute '"
              + command.name()
              + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in"
              + " this context");
    }
    return command;
  }
}
