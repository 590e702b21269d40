// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.nio.file.Path;

/** The node with the relay of bytes in {@code examples/relay}, in front of an echo. */
record RelayContender(String name, Path home, Path plugin) implements Contender {

  @Override
  public Server start(Work work, Bench bench) throws IOException, InterruptedException {
    int port = EchoBehind.start(name, work, bench);
    String to = "{ target: '127.0.0.1:" + port + "', tls: false }";
    return new SluiceContender(name, home, plugin, null, "RELAY", to).start(work, bench);
  }
}
