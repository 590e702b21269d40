// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client that is not ours: how it is called, and what its report says. */
enum Tool {
  /** HTTP/1.1; it has its own TLS, OpenSSL, and tells how long requests took. */
  WRK {
    @Override
    List<String> command(Work work, String url, long seconds) {
      List<String> command = new ArrayList<>(List.of("wrk", "-t1", "--latency"));
      command.add("-c" + work.connections());
      command.add("-d" + seconds + "s");
      command.add(url);
      return command;
    }

    @Override
    Client.Seen read(Work work, String report) throws IOException {
      if (report.contains("Socket errors") || report.contains("Non-2xx")) {
        throw new IOException("wrk met errors:\n" + report);
      }
      Matcher sum = find(report, "(\\d+) requests in ([\\d.]+)(us|ms|s|m),");
      Matcher slow = find(report, "99%\\s+([\\d.]+)(us|ms|s|m)");
      return new Client.Seen(
          tally(work, Long.parseLong(sum.group(1))),
          (long) (1e3 * micros(sum.group(2), sum.group(3))),
          micros(slow.group(1), slow.group(2)));
    }
  },
  /** HTTP/2; it counts only. */
  H2LOAD {
    @Override
    List<String> command(Work work, String url, long seconds) {
      List<String> command = new ArrayList<>(List.of("h2load", "-t1"));
      command.add("-c" + work.connections());
      command.add("-m" + work.streams());
      // As far ahead as our own client lets a server send.
      command.addAll(List.of("-w24", "-W26"));
      command.add("-D" + seconds);
      command.add(url);
      return command;
    }

    @Override
    Client.Seen read(Work work, String report) throws IOException {
      Matcher sum =
          find(
              report,
              "requests: \\d+ total, \\d+ started, \\d+ done, (\\d+) succeeded, (\\d+) failed,"
                  + " (\\d+) errored");
      if (!sum.group(2).equals("0") || !sum.group(3).equals("0")) {
        throw new IOException("h2load met errors:\n" + report);
      }
      Matcher time = find(report, "finished in ([\\d.]+)(us|ms|s|m),");
      return new Client.Seen(
          tally(work, Long.parseLong(sum.group(1))),
          (long) (1e3 * micros(time.group(1), time.group(2))),
          Double.NaN);
    }
  },
  /** Commands of Redis; it is told how many, and not for how long. */
  REDIS_BENCHMARK {
    private static final int COMMANDS_A_SECOND = 20_000;

    @Override
    String mode() {
      return "redis";
    }

    @Override
    List<String> command(Work work, String url, long seconds) {
      // Of each kind. With several at a time it gets through some times as many.
      long commands = seconds * COMMANDS_A_SECOND * (work.streams() > 1 ? 5 : 1);
      List<String> command = new ArrayList<>(List.of(program(), "-h", "127.0.0.1", "-d", "100"));
      command.addAll(List.of("-p", url.substring(url.lastIndexOf(':') + 1)));
      command.addAll(List.of("-c", "" + work.connections(), "-P", "" + work.streams()));
      command.addAll(List.of("-n", "" + commands, "-t", "set,get"));
      return command;
    }

    @Override
    Client.Seen read(Work work, String report) throws IOException {
      if (report.contains("Error")) {
        throw new IOException("redis-benchmark met errors:\n" + report);
      }
      long commands = 0;
      double seconds = 0;
      Matcher sum = find(report, "(\\d+) requests completed in ([\\d.]+) seconds");
      do {
        commands += Long.parseLong(sum.group(1));
        seconds += Double.parseDouble(sum.group(2));
      } while (sum.find());
      double slow = 0;
      Matcher times = find(report, "p99 +max\\s+(?:[\\d.]+ +){4}([\\d.]+)");
      do {
        slow = Math.max(slow, 1e3 * Double.parseDouble(times.group(1)));
      } while (times.find());
      return new Client.Seen(tally(work, commands), (long) (1e9 * seconds), slow);
    }
  };

  private static final Map<String, Double> MICROS =
      Map.of("us", 1.0, "ms", 1e3, "s", 1e6, "m", 60e6);

  abstract List<String> command(Work work, String url, long seconds);

  abstract Client.Seen read(Work work, String report) throws IOException;

  String program() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What it speaks. */
  String mode() {
    return this == WRK ? "http" : "h2";
  }

  /** Whether this machine has it. */
  boolean isThere() {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(directory, program()))) {
        return true;
      }
    }
    return false;
  }

  private static Tally tally(Work work, long requests) {
    return new Tally(requests, requests * work.size(), 0);
  }

  private static Matcher find(String report, String pattern) throws IOException {
    Matcher matcher = Pattern.compile(pattern).matcher(report);
    if (!matcher.find()) {
      throw new IOException("another report than expected:\n" + report);
    }
    return matcher;
  }

  private static double micros(String number, String unit) {
    return Double.parseDouble(number) * MICROS.getOrDefault(unit, 1.0);
  }
}
