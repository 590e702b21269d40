// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2.fuzz;

/**
 * Floods are seen in what has come, ahead of the frames before them in the same piece: what is
 * still made of those depends on where the pieces end.
 */
final class Floods {

  private Floods() {}

  static boolean isOne(String end) {
    return end.contains("_flood") || end.contains("headers_too_large");
  }
}
