// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import dev.sluice.testkit.fuzz.FuzzTarget;

/**
 * Requests, one behind the other: however they are cut the same comes of them, and what is taken
 * Netty's decoder takes as well and reads the same from it, to the same byte.
 */
class Http1RequestFuzzTest extends FuzzTarget {

  Http1RequestFuzzTest() {
    super("http1-request");
  }

  @Override
  protected void run(byte[] input) {
    RequestProperties.check(input);
  }
}
