// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

/**
 * One thing that is wrong with a configuration.
 *
 * @param mark where
 * @param path the dotted key path; empty for the file as a whole
 * @param message what was found and what is allowed
 */
public record Problem(Mark mark, String path, String message) {

  static Problem of(Mark mark, KeyPath path, String found, String allowed) {
    return new Problem(mark, path.toString(), "found " + found + ", allowed: " + allowed);
  }

  static Problem missing(Mark mark, KeyPath path, String required) {
    return new Problem(mark, path.toString(), "found nothing, required: " + required);
  }

  static Problem general(Mark mark, KeyPath path, String message) {
    return new Problem(mark, path.toString(), message);
  }

  /** {@code sluice.yaml:12: network.rpc_interfaces: found nothing, ...}, always one line. */
  @Override
  public String toString() {
    boolean said = path.isEmpty() || mark.source().equals(Overrides.OPTION + path);
    return said ? mark + ": " + message : mark + ": " + path + ": " + message;
  }
}
