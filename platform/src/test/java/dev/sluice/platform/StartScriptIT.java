// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.Distribution.Run;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The start script: which Java it takes, which it refuses, and how it finds its home. */
class StartScriptIT {

  private static final String NO_JAVA_HOME = "";

  /** What the script itself needs. */
  private static final List<String> TOOLS = List.of("dirname", "readlink", "sed");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"11, 11", "1.8, 8", "16, 16"})
  void anOlderJavaOnThePathIsRefused(String specification, String release) throws Exception {
    Path bin = Files.createDirectory(folder.resolve("bin"));
    fakeJava(bin, specification, release);

    Run run =
        Distribution.start(
            folder,
            Map.of("JAVA_HOME", NO_JAVA_HOME, "PATH", bin + File.pathSeparator + path()),
            "--version");

    assertThat(run.awaitEnd()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            "sluice: Java 17 or later is needed, but "
                + bin.resolve("java")
                + " is older; set JAVA_HOME\n");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void javaHomeGoesBeforeThePath() throws Exception {
    Path bin = Files.createDirectory(folder.resolve("bin"));
    fakeJava(bin, "11", "11");

    Run run =
        Distribution.start(folder, Map.of("PATH", bin + File.pathSeparator + path()), "--version");

    assertThat(run.awaitEnd()).as("%s", run).isZero();
  }

  @Test
  void withoutAnyJavaItSaysWhatToDo() throws Exception {
    Path bin = Files.createDirectory(folder.resolve("tools"));
    for (String tool : TOOLS) {
      Files.createSymbolicLink(bin.resolve(tool), onPath(tool));
    }

    Run run =
        Distribution.start(
            folder, Map.of("JAVA_HOME", NO_JAVA_HOME, "PATH", bin.toString()), "--version");

    assertThat(run.awaitEnd()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo("sluice: no Java found: install Java 17 or later, or set JAVA_HOME\n");
    for (String tool : TOOLS) {
      Files.delete(bin.resolve(tool));
    }
  }

  @Test
  void aJavaHomeWithoutJavaIsSaidSo() throws Exception {
    Run run = Distribution.start(folder, Map.of("JAVA_HOME", folder.toString()), "--version");

    assertThat(run.awaitEnd()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo("sluice: JAVA_HOME is " + folder + ", but there is no bin/java in it\n");
  }

  @Test
  void aJavaThatDoesNotTellItsVersionIsRefused() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("jdk").resolve("bin"));
    script(bin.resolve("java"), "#!/bin/sh\necho nonsense >&2\n");

    Run run =
        Distribution.start(folder, Map.of("JAVA_HOME", bin.getParent().toString()), "--version");

    assertThat(run.awaitEnd()).isEqualTo(1);
    assertThat(run.err()).isEqualTo("sluice: cannot tell the version of " + bin + "/java\n");
  }

  @Test
  void itMayBeReachedThroughLinksFromAnywhere() throws Exception {
    Path there = Files.createDirectories(folder.resolve("a folder").resolve("bin"));
    Path link = Files.createSymbolicLink(there.resolve("sluice"), Distribution.SCRIPT);
    Path second = Files.createSymbolicLink(folder.resolve("s"), Path.of("a folder/bin/sluice"));

    for (Path way : List.of(link, second)) {
      Run run = Distribution.run(folder, Map.of(), List.of(way.toString(), "protocols"));
      assertThat(run.awaitEnd()).as("%s", run).isZero();
      assertThat(run.out()).contains("LINE_ECHO");
    }
    Files.delete(link);
  }

  @Test
  void javaOptsAreAList() throws Exception {
    Run run =
        Distribution.start(
            folder,
            Map.of("JAVA_OPTS", "-Xmx64m -XX:+PrintFlagsFinal -Dsluice.debug=false"),
            "--version");

    assertThat(run.awaitEnd()).as("%s", run).isZero();
    assertThat(run.out())
        .containsPattern("MaxHeapSize +:?= 67108864 ")
        .containsPattern("UseG1GC +:?= true ")
        .containsPattern("ExitOnOutOfMemoryError +:?= true ")
        .contains("sluice 0.");
  }

  private static void fakeJava(Path bin, String specification, String release) throws IOException {
    script(
        bin.resolve("java"),
        """
        #!/bin/sh
        # As the real ones do it, on standard error.
        case "$*" in
          *-XshowSettings:properties*)
            echo 'Property settings:' >&2
            echo '    java.specification.name = Java Platform API Specification' >&2
            echo '    java.specification.version = %s' >&2
            ;;
        esac
        echo 'openjdk version "%s"' >&2
        """
            .formatted(specification, release));
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static String path() {
    return System.getenv("PATH");
  }

  private static Path onPath(String tool) {
    return Stream.of(path().split(File.pathSeparator))
        .map(folder -> Path.of(folder, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }
}
