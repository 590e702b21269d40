// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.Execution;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * What the platform promises a session, a rule a test. Whoever implements a platform extends it,
 * once for each execution mode and each kind of interface:
 *
 * <pre>{@code
 * class PlaintextOnWorkersTest extends PlatformContract {
 *   protected PlatformHarness open() {
 *     return new NodeHarness(false);
 *   }
 *
 *   public Execution execution() {
 *     return Execution.WORKERS;
 *   }
 * }
 * }</pre>
 *
 * <p>The rules wait for conditions and never for a time, but where nothing must happen.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class PlatformContract
    implements PlatformInputRules, PlatformOrderRules, PlatformOutputRules, PlatformCloseRules {

  private @Nullable PlatformHarness harness;

  /** For subclasses. */
  protected PlatformContract() {}

  /**
   * A platform of its own for one rule.
   *
   * @return running; closed after the rule
   */
  protected abstract PlatformHarness open();

  /**
   * Where the sessions run.
   *
   * @return the same at each call
   */
  @Override
  public abstract Execution execution();

  /**
   * The platform under test.
   *
   * @return new for each rule
   */
  @Override
  public final PlatformHarness harness() {
    if (harness == null) {
      throw new IllegalStateException("only within a rule");
    }
    return harness;
  }

  @BeforeEach
  final void openHarness() {
    harness = open();
  }

  @AfterEach
  final void closeHarness() {
    if (harness != null) {
      harness.close();
      harness = null;
    }
  }
}
