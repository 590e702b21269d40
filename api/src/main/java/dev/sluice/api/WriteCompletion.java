// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

/** Hears what became of one write. */
@FunctionalInterface
public interface WriteCompletion {

  /**
   * Called once, in the session's own order, before {@link Session#connectionClosed}; only a write
   * from another thread that raced with the close may be told of after it.
   *
   * @param written {@code true}: the kernel has taken all bytes; {@code false}: the connection
   *     ended before it had
   */
  void complete(boolean written);
}
