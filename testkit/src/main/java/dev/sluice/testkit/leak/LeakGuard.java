// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.leak;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import io.netty.util.ResourceLeakDetectorFactory;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Fails the test run when a buffer was dropped without being released.
 *
 * <p>The JUnit launcher finds this class by itself, so a module has the guard by having the testkit
 * on its test class path. Every buffer is tracked unless {@code io.netty.leakDetection.level} says
 * otherwise. The verdict comes when the launcher's session ends, after all tests: an error thrown
 * there fails the build, though no single test. Only buffers that nothing refers to any more count
 * as leaked; one that sits in a static field is not seen.
 */
public final class LeakGuard implements LauncherSessionListener {
  private static final String LEVEL = "io.netty.leakDetection.level";

  private final LeakLedger ledger = new LeakLedger();

  /** For the JUnit launcher, which makes one per session. */
  public LeakGuard() {}

  /**
   * Starts watching. Netty asks for its detectors when the classes that use them load, and no test
   * class has loaded yet when the session opens.
   *
   * @param session not used
   */
  @Override
  public void launcherSessionOpened(LauncherSession session) {
    if (System.getProperty(LEVEL) == null) {
      ResourceLeakDetector.setLevel(Level.PARANOID);
    }
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(ledger);
  }

  /**
   * Has the garbage collector find what leaked, then judges.
   *
   * @param session not used
   * @throws AssertionError if anything leaked, naming it and where it was last touched
   */
  @Override
  public void launcherSessionClosed(LauncherSession session) {
    ledger.settle();
    String leaks = ledger.describe();
    if (!leaks.isEmpty()) {
      throw new AssertionError(leaks);
    }
  }
}
