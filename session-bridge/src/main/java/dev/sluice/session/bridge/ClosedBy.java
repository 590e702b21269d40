// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/** Who ended a connection. */
public enum ClosedBy {
  /** The other end of the connection, or the network between. */
  PEER,
  /** The protocol's session, of its own accord or by failing. */
  SESSION,
  /** The node: by a limit, by a failure of its own, or because it stops. */
  NODE,
  /** A person, through the operator's call. */
  OPERATOR
}
