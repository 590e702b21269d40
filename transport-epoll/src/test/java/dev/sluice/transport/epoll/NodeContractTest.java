// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.Execution;
import dev.sluice.testkit.PlatformContract;
import dev.sluice.testkit.PlatformHarness;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The real transport keeps what every platform promises, in each mode, with TLS and without. */
@org.junit.jupiter.api.parallel.Execution(ExecutionMode.CONCURRENT)
class NodeContractTest {

  @Nested
  class PlaintextOnTheLoop extends PlatformContract {
    @Override
    protected PlatformHarness open() {
      return new NodeHarness(false);
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }
  }

  @Nested
  class PlaintextOnWorkers extends PlatformContract {
    @Override
    protected PlatformHarness open() {
      return new NodeHarness(false);
    }

    @Override
    public Execution execution() {
      return Execution.WORKERS;
    }
  }

  @Nested
  class TlsOnTheLoop extends PlatformContract {
    @Override
    protected PlatformHarness open() {
      return new NodeHarness(true);
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }
  }

  @Nested
  class TlsOnVirtualThreads extends PlatformContract {
    @Override
    protected PlatformHarness open() {
      return new NodeHarness(true);
    }

    @Override
    public Execution execution() {
      return Execution.VIRTUAL_THREADS;
    }
  }
}
