// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import org.junit.jupiter.api.Test;

/** What can't be registered; what is answered is tried from the wire. */
class EndpointsTest {

  private static final Endpoint NOTHING = call -> {};

  @Test
  void theSameRequestsCannotHaveTwoEndpoints() {
    Endpoints endpoints = new Endpoints().get("/a/{id}", NOTHING);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> endpoints.get("/a/{id}", NOTHING))
        .withMessage("GET /a/{id} is there twice");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> endpoints.post("/a/{name}", NOTHING))
        .withMessage("/a/{name} names the parameters of /a/{id} differently");
    assertThatNoException().isThrownBy(() -> endpoints.post("/a/{id}", NOTHING));
  }
}
