// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.io.Serial;

/** A value that its type refuses; the message says what is allowed in its place. */
final class NotAllowed extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  NotAllowed(String allowed) {
    super(allowed, null, false, false);
  }

  String allowed() {
    return String.valueOf(getMessage());
  }
}
