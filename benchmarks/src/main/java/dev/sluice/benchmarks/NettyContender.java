// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The hand-written pipelines of {@link NettyEchoServer}, {@link NettyDatagramServer}, {@link
 * NettyHttpServer}, {@link NettyHttp2Server} and {@link NettyRedisServer}. Two of it show the
 * noise.
 */
record NettyContender(String name) implements Contender {

  private static final String PORT = "port ";

  private static Class<?> program(Work work) {
    if (work.datagrams()) {
      return NettyDatagramServer.class;
    }
    if (work.redis()) {
      return NettyRedisServer.class;
    }
    if (work.http2()) {
      return NettyHttp2Server.class;
    }
    return work.http() ? NettyHttpServer.class : NettyEchoServer.class;
  }

  @Override
  public Server start(Work work, Bench bench) throws IOException {
    List<String> arguments = new ArrayList<>();
    if (work.secure()) {
      arguments.add("--cert");
      arguments.add(bench.certificate().chain().toString());
      arguments.add("--key");
      arguments.add(bench.certificate().key().toString());
    }
    Process process =
        bench.startServer(
            name, work, Bench.program(program(work), arguments), ProcessBuilder.Redirect.PIPE);
    BufferedReader output = process.inputReader();
    String line = output.readLine();
    if (line == null || !line.startsWith(PORT)) {
      process.destroyForcibly();
      throw new IOException(name + " did not start, see its log; it said: " + line);
    }
    return Server.listening(name, process, Integer.parseInt(line.substring(PORT.length())));
  }
}
