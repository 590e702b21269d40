// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

/** Hears what became of one write. */
@FunctionalInterface
public interface WriteCompletion {

  /**
   * Called once, in the session's own order and before {@link Session#connectionClosed}. Only a
   * write from another thread that raced with the close may be told of after it.
   *
   * <p>Completions come in the order of the writes, whatever became of each. That of an empty write
   * waits for those before it.
   *
   * @param written {@code true}: the kernel has taken all bytes; {@code false}: the connection
   *     ended before it had
   */
  void complete(boolean written);
}
