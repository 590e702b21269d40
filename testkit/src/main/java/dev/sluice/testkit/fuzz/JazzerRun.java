// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A search for inputs that break a target: Jazzer in a process of its own, for a bounded time. */
final class JazzerRun {

  private static final String JAZZER = "com.code_intelligence.jazzer.Jazzer";

  /** For its start and its last input. */
  private static final Duration BEYOND = Duration.ofMinutes(3);

  private static final int LINES_SHOWN = 60;

  private final Class<? extends FuzzTarget> target;
  private final List<String> guidedBy;
  private final int longest;
  private final Path kept;
  private final Path folder;

  JazzerRun(
      String name,
      Class<? extends FuzzTarget> target,
      List<String> guidedBy,
      int longest,
      Path kept) {
    this.target = target;
    this.guidedBy = guidedBy;
    this.longest = longest;
    this.kept = kept;
    this.folder = Path.of("target", "fuzz", name).toAbsolutePath();
  }

  /**
   * Returns when the time is over.
   *
   * @throws AssertionError at the first finding, naming its file
   */
  void search(Duration time) throws IOException, InterruptedException {
    // What an earlier search found worth trying stays; what it found broken is looked at anew.
    Path tried = Files.createDirectories(folder.resolve("tried"));
    for (Path old : findings()) {
      Files.delete(old);
    }
    Path log = folder.resolve("log.txt");
    Process process =
        new ProcessBuilder(command(time, tried))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      Duration bound = time.plus(BEYOND);
      if (!process.waitFor(bound.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("the search did not end within " + bound + ", see " + log);
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
    Optional<Path> finding = findings().stream().findFirst();
    if (process.exitValue() != 0 || finding.isPresent()) {
      throw new AssertionError(
          finding.map(file -> "found " + file).orElse("the search failed, see " + log)
              + "\n"
              + end(log));
    }
  }

  /** Millions of connections end on the way, and each has its line in the log. */
  private Path silence() throws IOException {
    return Files.writeString(
        folder.resolve("logback.xml"), "<configuration><root level=\"OFF\"/></configuration>");
  }

  private List<String> command(Duration time, Path tried) throws IOException {
    String patterns = String.join(":", guidedBy);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx1g",
            "-XX:MaxDirectMemorySize=256m",
            "-XX:+UseParallelGC",
            // Whether buffers are released is the targets' to say; this would only slow them down.
            "-Dio.netty.leakDetection.level=disabled",
            "-Dsluice.testkit.origins=false",
            "-Dlogback.configurationFile=" + silence(),
            "-cp",
            System.getProperty("java.class.path"),
            JAZZER,
            "--target_class=" + JazzerEntry.class.getName(),
            "--target_args=" + target.getName(),
            "--instrumentation_includes=" + patterns,
            // What judges is not what is judged.
            "--instrumentation_excludes=dev.sluice.testkit.**:" + target.getPackageName() + ".**",
            "--custom_hook_includes=" + patterns,
            "--reproducer_path=" + folder,
            "-artifact_prefix=" + folder + "/",
            "-max_total_time=" + time.toSeconds(),
            "-timeout=" + FuzzTarget.LONGEST.toSeconds(),
            "-max_len=" + longest,
            "-rss_limit_mb=3000",
            "-print_final_stats=1"));
    Path words = kept.resolveSibling(kept.getFileName() + ".dict");
    if (Files.exists(words)) {
      command.add("-dict=" + words);
    }
    command.add(tried.toString());
    command.add(kept.toString());
    return command;
  }

  /** By libFuzzer's names of what it writes. */
  private List<Path> findings() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("(crash|timeout|oom|leak)-.*"))
          .toList();
    }
  }

  private static String end(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
  }
}
