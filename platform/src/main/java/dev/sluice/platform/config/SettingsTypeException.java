// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.io.Serial;
import java.util.List;

/** A settings record that is wrong in itself: its author's fault, not the operator's. */
final class SettingsTypeException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  private final transient List<String> faults;

  SettingsTypeException(List<String> faults) {
    super(String.join("\n", faults));
    this.faults = List.copyOf(faults);
  }

  /** One line each, naming class and component. */
  List<String> faults() {
    return faults;
  }
}
