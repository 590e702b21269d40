// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.Setting;
import java.util.List;

/** What vouches for an interface towards its clients. */
public record Endorsement(
    @Setting(
            description =
                "A name under `certificates`, which makes this a TLS interface, or `unsecured`"
                    + " for plain bytes. Of several names the first is the default; the others are"
                    + " served to clients that ask for one of their DNS names.")
        @OneOrMore
        List<String> authority,
    @Setting(
            description =
                "What becomes of a client that asks for a name that none of the certificates has:"
                    + " `default` serves it the default certificate, `refuse` ends its handshake with"
                    + " an `unrecognized_name` alert. A client that asks for no name is served the"
                    + " default certificate.",
            defaultValue = "default")
        UnknownServerName unknownServerName) {

  /** The authority of an interface without TLS. */
  public static final String UNSECURED = "unsecured";

  /**
   * Whether the interface speaks TLS.
   *
   * @return {@code false} for {@link #UNSECURED}
   */
  public boolean isSecured() {
    return !authority.contains(UNSECURED);
  }

  /**
   * The certificate that the interface can't do without.
   *
   * @return a name under {@code certificates}, or {@link #UNSECURED}
   */
  public String defaultAuthority() {
    return authority.get(0);
  }
}
