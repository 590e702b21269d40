// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import java.io.Serial;

/** Something in the plug-in folder can't be served; the reason is for the load report. */
final class RefusedException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  private final String reason;

  RefusedException(String reason) {
    super(reason, null, false, false);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}
