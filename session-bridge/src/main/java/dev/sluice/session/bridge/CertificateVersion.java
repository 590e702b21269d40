// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/**
 * Which certificate a connection is served with.
 *
 * @param name as configuration calls it
 * @param generation 1 for the first that was served under the name, one more for each that took its
 *     place
 */
public record CertificateVersion(String name, long generation) {

  @Override
  public String toString() {
    return name + "#" + generation;
  }
}
