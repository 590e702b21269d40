// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.Execution;
import org.junit.jupiter.api.Nested;

/** The in-memory platform keeps what every platform promises. */
class InMemoryPlatformContractTest {

  @Nested
  class Plaintext extends PlatformContract {
    @Override
    protected PlatformHarness open() {
      return new InMemoryHarness(false);
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }
  }

  @Nested
  class Secure extends PlatformContract {
    @Override
    protected PlatformHarness open() {
      return new InMemoryHarness(true);
    }

    @Override
    public Execution execution() {
      return Execution.WORKERS;
    }
  }
}
