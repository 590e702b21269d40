// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A server process that is up: where it listens and what it has cost so far. */
final class Server implements AutoCloseable {

  private static final long STOP_SECONDS = 10;

  private final String name;
  private final Process process;
  private final long pid;
  private final int port;
  private final @Nullable HeapUse heap;

  private Server(String name, Process process, long pid, int port, @Nullable HeapUse heap) {
    this.name = name;
    this.process = process;
    this.pid = pid;
    this.port = port;
    this.heap = heap;
  }

  /** A server that listens already; a start script that did not {@code exec} is looked through. */
  static Server listening(String name, Process process, int port) throws IOException {
    long pid =
        Stream.concat(Stream.of(process.toHandle()), process.descendants())
            .map(ProcessHandle::pid)
            .filter(ProcFs::runsJava)
            .findFirst()
            .orElseThrow(() -> new IOException(name + " runs no JVM"));
    return new Server(name, process, pid, port, HeapUse.of(pid));
  }

  /** A server that listens already and is no JVM. */
  static Server program(String name, Process process, int port) {
    return new Server(name, process, process.pid(), port, null);
  }

  String name() {
    return name;
  }

  long pid() {
    return pid;
  }

  int port() {
    return port;
  }

  long cpuMicros() throws IOException {
    return ProcFs.cpuMicros(pid);
  }

  /** What its JVM has allocated so far, if it is one. */
  HeapUse.Snapshot heapUse() {
    return heap == null ? HeapUse.Snapshot.NONE : heap.snapshot();
  }

  @Override
  public void close() {
    if (heap != null) {
      heap.close();
    }
    ProcessHandle jvm = ProcessHandle.of(pid).orElse(process.toHandle());
    jvm.destroy();
    try {
      jvm.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) { // Late or failed alike.
      jvm.destroyForcibly();
    }
    process.destroy();
  }
}
