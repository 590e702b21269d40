// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.Setting;

/** What vouches for an interface towards its clients. */
public record Endorsement(
    @Setting(
            description =
                "A name under `certificates`, which makes this a TLS interface, or `unsecured`"
                    + " for plain bytes.")
        String authority) {

  /** The authority of an interface without TLS. */
  public static final String UNSECURED = "unsecured";

  /**
   * Whether the interface speaks TLS.
   *
   * @return {@code false} for {@link #UNSECURED}
   */
  public boolean isSecured() {
    return !authority.equals(UNSECURED);
  }
}
