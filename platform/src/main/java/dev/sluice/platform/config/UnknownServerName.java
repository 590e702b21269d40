// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

/** What becomes of a client that asks for a server by a name that no certificate has. */
public enum UnknownServerName {
  /** It is served with the default certificate. */
  DEFAULT,
  /** It is refused with an {@code unrecognized_name} alert. */
  REFUSE
}
