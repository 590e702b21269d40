// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel says about another process. Its own accounting is the only figure that counts
 * JIT, garbage collection and kernel time alike for every server.
 */
final class ProcFs {

  /** The unit of times in {@code stat}: USER_HZ, which Linux fixes at 100 on all we run on. */
  private static final long MICROS_PER_TICK = 10_000;

  /** Fields 14 and 15 of {@code stat}, counted from the one after the command's name. */
  private static final int USER_TIME = 11;

  private static final int SYSTEM_TIME = 12;

  /** Fields of a core's line, from 1. */
  private static final int IDLE = 4;

  private static final int IO_WAIT = 5;
  private static final int STEAL = 8;

  private ProcFs() {}

  /** User and system time of all threads so far. */
  static long cpuMicros(long pid) throws IOException {
    String stat = Files.readString(file(pid, "stat"), StandardCharsets.ISO_8859_1);
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME]);
    return ticks * MICROS_PER_TICK;
  }

  /** All that kept a core busy so far, whoever's it was, and what the host took from it. */
  static long coreBusyMicros(String core) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/stat"))) {
      String[] fields = line.split(" +", -1);
      if (fields[0].equals("cpu" + core)) {
        long ticks = 0;
        for (int i = 1; i <= STEAL; i++) {
          ticks += i == IDLE || i == IO_WAIT ? 0 : Long.parseLong(fields[i]);
        }
        return ticks * MICROS_PER_TICK;
      }
    }
    throw new IOException("no core " + core);
  }

  /** Memory resident now. */
  static long residentKib(long pid) throws IOException {
    for (String line : Files.readAllLines(file(pid, "status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no VmRSS for process " + pid);
  }

  /** Whether the process runs a JVM already (and not still the shell that will start it). */
  static boolean runsJava(long pid) {
    try {
      return Files.readSymbolicLink(file(pid, "exe")).endsWith("java");
    } catch (IOException e) {
      return false;
    }
  }

  private static Path file(long pid, String name) {
    return Path.of("/proc", Long.toString(pid), name);
  }
}
