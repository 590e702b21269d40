// SPDX-License-Identifier: Apache-2.0
package dev.sluice.maven;

import dev.sluice.platform.cli.SluiceCommand;
import java.io.IOException;
import java.io.OutputStream;

/** The process of the node: {@code sluice run}, which ends with the build that started it. */
final class NodeMain {

  private NodeMain() {}

  /**
   * Starts the node.
   *
   * @param arguments of {@code sluice}
   */
  public static void main(String[] arguments) {
    Thread watch = new Thread(NodeMain::endWithTheBuild, "sluice-maven");
    watch.setDaemon(true);
    watch.start();
    SluiceCommand.main(arguments);
  }

  /** Standard input ends when the build wants it, and also when the build was killed. */
  private static void endWithTheBuild() {
    try {
      // Nothing is said this way.
      System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // As good an end as any.
    }
    System.exit(0);
  }
}
