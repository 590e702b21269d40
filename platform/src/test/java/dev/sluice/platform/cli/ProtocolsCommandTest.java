// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.plugin.PluginJars;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice protocols}: what it lists, and what it says of plug-ins that are refused. */
class ProtocolsCommandTest {

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void takeTheHomeBack() {
    System.clearProperty("sluice.home");
  }

  @Test
  void everyProtocolIsListedWithItsSettings() {
    PluginJars.jar("echo-1.jar")
        .manifest("Implementation-Version", "1.0.2")
        .protocol(
            "p.Echo",
            "LINE_ECHO",
            """
            public enum Mode { FAST_ONE, SLOW }
            public record Inner(@Setting(description = "deep") boolean deepKey) {}
            public record Settings(
                @Setting(description = "the longest line", defaultValue = "8KB", min = "1B", max = "1MB")
                ByteSize maxLineLength,
                @Setting(description = "how", defaultValue = "slow") Mode mode,
                @Setting(description = "a greeting") Optional<String> greeting,
                @Setting(description = "names") List<String> hostNames,
                @Setting(description = "more") Inner inner,
                int bare) {}
            public Optional<Class<? extends Record>> settingsType() {
              return Optional.of(Settings.class);
            }
            public List<String> alpnProtocols() { return List.of("e/1", "e/2"); }
            public Optional<ProtocolDetector> detector() {
              return Optional.of(ProtocolDetector.ofPrefixes("echo "));
            }
            public Set<Transport> transports() { return Set.of(Transport.UDP, Transport.TCP); }
            """)
        .writeTo(folder);
    PluginJars.jar("z.jar").protocol("p.Z", "Z").writeTo(folder);

    assertThat(protocols("--plugins-dir", folder.toString())).isZero();

    assertThat(out.toString())
        .isEqualToNormalizingNewlines(
            """
            NAME       JAR         VERSION  TRANSPORTS  ALPN     DETECTOR  EXECUTION
            LINE_ECHO  echo-1.jar  1.0.2    TCP,UDP     e/1,e/2  5B        WORKERS
            Z          z.jar       -        TCP         -        -         WORKERS

            protocol_config of LINE_ECHO:
              max_line_length  size             default 8KB, at least 1B, at most 1MB  the longest line
              mode             fast_one | slow  default slow                           how
              greeting         string           optional                               a greeting
              host_names       list of string   required                               names
              inner            map              required                               more
              inner.deep_key   boolean          required                               deep
              bare             int              required
            """);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void applicationsAreListedBelow() {
    PluginJars.jar("apps.jar").handler("p.App", "app", "/app", "/more/").writeTo(folder);
    PluginJars.jar("z.jar").protocol("p.Z", "Z").writeTo(folder);

    assertThat(protocols("--plugins-dir", folder.toString())).isZero();

    assertThat(out.toString())
        .endsWith(
            """

            APPLICATION  JAR       VERSION  PATHS        EXECUTION
            app          apps.jar  -        /app,/more/  WORKERS
            """);
  }

  @Test
  void whatIsRefusedIsAnErrorBesideTheList() {
    PluginJars.jar("good.jar").protocol("p.A", "A").writeTo(folder);
    PluginJars.jar("old.jar")
        .manifest("Sluice-Api-Version", "0.1")
        .protocol("p.B", "B")
        .writeTo(folder);

    assertThat(protocols("--plugins-dir", folder.toString())).isEqualTo(2);

    assertThat(out.toString()).contains("good.jar").doesNotContain("old.jar");
    assertThat(err.toString().lines())
        .singleElement()
        .satisfies(line -> assertThat(line).startsWith("sluice: old.jar is refused: it was built"));
  }

  @Test
  void theFolderBesideTheDistributionsLibIsTheDefault() {
    System.setProperty("sluice.home", folder.resolve("home").toString());

    assertThat(protocols()).isEqualTo(2);
    assertThat(err.toString())
        .contains(folder.resolve("home").resolve("plugins") + ": there is no such folder");
  }

  @Test
  void anEmptyFolderIsNoError() {
    assertThat(protocols("--plugins-dir", folder.toString())).isZero();
    assertThat(out.toString()).contains("no jar in it");
  }

  private int protocols(String... options) {
    String[] args = new String[options.length + 1];
    args[0] = "protocols";
    System.arraycopy(options, 0, args, 1, options.length);
    return SluiceCommand.execute(new NoNode(), new PrintWriter(out), new PrintWriter(err), args);
  }
}
