// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import java.io.Serial;

/** The node can't start, for a reason that is not in its configuration. Its message is one line. */
public final class NodeException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  NodeException(String message, Throwable cause) {
    super(message, cause);
  }

  /** What went wrong in one line, whatever a plug-in says: a message may be its code. */
  static String lineOf(Throwable e) {
    String message;
    try {
      message = e.getMessage() == null ? e.toString() : e.getMessage();
    } catch (Throwable unspeakable) {
      message = e.getClass().getName();
    }
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
