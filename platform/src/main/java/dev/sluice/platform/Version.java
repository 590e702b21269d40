// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

/** The node's own version. */
public final class Version {

  /** From the jar's manifest; {@code development} where classes are run from a folder. */
  public static final String CURRENT = current();

  private Version() {}

  private static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
