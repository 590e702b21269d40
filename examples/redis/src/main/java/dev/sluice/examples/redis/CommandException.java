// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

/** What a client is told in place of an answer. Its message begins with the error's kind. */
final class CommandException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    // An answer like others: nobody looks at its stack.
    super(message, null, false, false);
  }

  static CommandException wrongType() {
    return new CommandException(
        "WRONGTYPE Operation against a key holding the wrong kind of value");
  }

  static CommandException notAnInteger() {
    return new CommandException("ERR value is not an integer or out of range");
  }

  static CommandException syntax() {
    return new CommandException("ERR syntax error");
  }

  static CommandException arity(String command) {
    return new CommandException("ERR wrong number of arguments for '" + command + "' command");
  }
}
