// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import dev.sluice.testkit.fuzz.FuzzTarget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Responses to requests that were sent at once. The first byte says which requests. */
class Http1ResponseFuzzTest extends FuzzTarget {

  private static final List<String> METHODS = List.of("GET", "HEAD", "DELETE", "OPTIONS");

  Http1ResponseFuzzTest() {
    super("http1-response");
  }

  @Override
  protected void run(byte[] input) {
    if (input.length > 0) {
      ResponseProperties.check(methods(input[0]), Arrays.copyOfRange(input, 1, input.length));
    }
  }

  /** Four of them, by two bits each. */
  private static List<String> methods(byte chosen) {
    List<String> methods = new ArrayList<>();
    for (int shift = 0; shift < Byte.SIZE; shift += 2) {
      methods.add(METHODS.get((chosen >> shift) & 3));
    }
    return methods;
  }
}
