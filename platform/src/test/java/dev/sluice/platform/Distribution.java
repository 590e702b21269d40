// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packaged distribution, and processes started from it. */
final class Distribution {

  static final Path HOME =
      Path.of(System.getProperty("basedir", ""), "target", "sluice").toAbsolutePath();

  static final Path SCRIPT = HOME.resolve("bin").resolve("sluice");

  /** Most live for a second or two: to compile any better costs more than half of their start. */
  private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1";

  private Distribution() {}

  /** Starts {@code bin/sluice} on the Java of the tests. */
  static Run start(Path folder, String... arguments) throws IOException {
    return start(folder, Map.of(), arguments);
  }

  static Run start(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
    command.addAll(List.of(arguments));
    return run(folder, environment, command);
  }

  /** Any program, with what it says gathered. */
  static Run run(Path folder, Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("JAVA_OPTS", SHORT_LIVED);
    environment.forEach(
        (name, value) -> {
          if (name.equals("JAVA_OPTS")) {
            builder.environment().put(name, SHORT_LIVED + " " + value);
          } else if (value.isEmpty()) {
            builder.environment().remove(name);
          } else {
            builder.environment().put(name, value);
          }
        });
    return new Run(builder.start());
  }

  /** Runs it to its end. */
  static Run end(Path folder, String... arguments) throws Exception {
    Run run = start(folder, arguments);
    run.awaitEnd();
    return run;
  }

  /** A process and what it said. */
  static final class Run implements AutoCloseable {

    private final Process process;
    private final Said out = new Said();
    private final Said err = new Said();
    private final Waiting.Side<Boolean> outReader;
    private final Waiting.Side<Boolean> errReader;

    private Run(Process process) {
      this.process = process;
      outReader = Waiting.Side.run(() -> gather(process.getInputStream(), out));
      errReader = Waiting.Side.run(() -> gather(process.getErrorStream(), err));
    }

    private static void gather(InputStream from, Said into) {
      byte[] some = new byte[4096];
      try {
        for (int read = from.read(some); read >= 0; read = from.read(some)) {
          into.append(new String(some, 0, read, StandardCharsets.UTF_8));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String out() {
      return out.toString();
    }

    String err() {
      return err.toString();
    }

    /** Waits until standard output matches, and answers the first group. */
    String awaitOut(String regex) {
      Pattern pattern = Pattern.compile(regex);
      String[] found = new String[1];
      Waiting.until(
          regex + " in the output of a process that lives",
          () -> {
            boolean lived = process.isAlive();
            Matcher matcher = pattern.matcher(out());
            if (matcher.find()) {
              found[0] = matcher.group(1);
            } else if (!lived) {
              throw new AssertionError("it ended: " + this);
            }
            return found[0] != null;
          });
      return found[0];
    }

    void type(String line) throws IOException {
      OutputStream in = process.getOutputStream();
      in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      in.flush();
    }

    /** As {@code kill} does it. */
    void signal(String name) throws Exception {
      Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).start();
      assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(kill.exitValue()).isZero();
    }

    /** Processes started in the background of a shell may have been told to ignore Ctrl-C. */
    boolean ignoresInterrupt() throws IOException {
      return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
          .filter(line -> line.startsWith("SigIgn:"))
          .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
    }

    boolean ended() {
      return !process.isAlive();
    }

    /** The exit status, once it has said all. */
    int awaitEnd() throws Exception {
      assertThat(process.waitFor(Waiting.PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
          .as("it ends: %s", this)
          .isTrue();
      outReader.result();
      errReader.result();
      return process.exitValue();
    }

    int status() {
      return process.exitValue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }

    @Override
    public String toString() {
      return "out: " + out + "\nerr: " + err;
    }
  }

  /** Text that one thread writes and another reads. */
  private static final class Said {

    private final StringBuilder text = new StringBuilder();

    synchronized void append(String more) {
      text.append(more);
    }

    @Override
    public synchronized String toString() {
      return text.toString();
    }
  }
}
