// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Something that reads bytes, and what must hold whatever the bytes are. A subclass is a test class
 * with a constructor without arguments. It stands in a package of its own: what judges is not what
 * is to be explored.
 *
 * <p>Each test run gives it the kept inputs, the files in the folder {@code fuzz/NAME} of the test
 * resources. With the system property {@value #MINUTES} it is also given inputs that Jazzer makes,
 * for that long, led by which code they reach; Jazzer has to be on the class path. What breaks a
 * property is written to {@code target/fuzz/NAME}: moved to the kept ones it is a test.
 */
public abstract class FuzzTarget {

  /** The system property that says how many minutes to look for new inputs. */
  public static final String MINUTES = "sluice.fuzz";

  static final Duration LONGEST = Duration.ofSeconds(30);

  /** What any input may cost: tables, buffers of a fixed size. */
  private static final long FIXED_BYTES = 16L << 20;

  /** What each byte of it may cost beside, in all the ways in which it is given. */
  private static final long BYTES_PER_BYTE = 64L << 10;

  private final String name;

  /**
   * A target.
   *
   * @param name of the folder of its kept inputs
   */
  protected FuzzTarget(String name) {
    this.name = name;
  }

  /**
   * Gives an input to what is tested.
   *
   * @param input any bytes
   * @throws Exception where a property does not hold; any other {@link Throwable} counts as well
   */
  protected abstract void run(byte[] input) throws Exception;

  /**
   * The code whose coverage leads the search.
   *
   * @return glob patterns of class names; all of the project without this
   */
  protected List<String> guidedBy() {
    return List.of("dev.sluice.**");
  }

  /**
   * The longest input that is tried.
   *
   * @return in bytes; 1,024 without this
   */
  protected int longest() {
    return 1024;
  }

  /** Every input that was worth keeping. */
  @TestFactory
  final Stream<DynamicTest> keptInputs() throws IOException {
    return inputs().stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString(),
                    () -> assertTimeoutPreemptively(LONGEST, () -> hold(file))));
  }

  /** Looks for others. */
  @Test
  @EnabledIfSystemProperty(named = MINUTES, matches = "[1-9][0-9]*")
  @Timeout(value = 7, unit = TimeUnit.DAYS)
  @ResourceLock("the machine, all of it")
  final void newInputs() throws Exception {
    new JazzerRun(name, getClass(), guidedBy(), longest(), kept())
        .search(Duration.ofMinutes(Integer.getInteger(MINUTES)));
  }

  /** Loads the classes, which may take longer than any input. */
  final void warmUp() throws Exception {
    for (Path file : inputs()) {
      hold(file);
    }
  }

  private List<Path> inputs() throws IOException {
    try (Stream<Path> files = Files.list(kept())) {
      List<Path> inputs = files.sorted().toList();
      assertThat(inputs).as("kept inputs of %s", name).isNotEmpty();
      return inputs;
    }
  }

  private void hold(Path file) throws Exception {
    hold(Files.readAllBytes(file));
  }

  /** Gives it the input, and measures. */
  final void hold(byte[] input) throws Exception {
    long most = FIXED_BYTES + input.length * BYTES_PER_BYTE;
    if (allocated(input) > most) {
      // The first one loads classes.
      assertThat(allocated(input))
          .as("bytes allocated for %d", input.length)
          .isLessThanOrEqualTo(most);
    }
  }

  private long allocated(byte[] input) throws Exception {
    long before = ThreadAllocation.bytes();
    run(input.clone());
    return ThreadAllocation.bytes() - before;
  }

  private Path kept() {
    URL folder = getClass().getResource("/fuzz/" + name);
    if (folder == null) {
      throw new AssertionError("no folder fuzz/" + name + " in the test resources");
    }
    try {
      return Path.of(folder.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
