// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import static dev.sluice.platform.plugin.PluginJars.jar;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which jars and providers are taken, which are refused, and what the report says of each. */
class PluginLoaderTest {

  /** A member that lacks what its detector's {@code maxBytes} answers. */
  private static final String DETECTS =
      "Optional<ProtocolDetector> detector() { return Optional.of(new ProtocolDetector() {"
          + " public Detection detect(io.netty.buffer.ByteBuf head) { return null; }"
          + " public int maxBytes() { return ";

  @TempDir Path folder;

  @Test
  void aJarDroppedInIsFoundWithAllThatItSays() {
    jar("echo.jar")
        .manifest("Implementation-Version", "3.1")
        .protocol(
            "p.Echo",
            "ECHO",
            """
            public record Settings(int size) {}
            public Set<Transport> transports() { return EnumSet.allOf(Transport.class); }
            public List<String> alpnProtocols() { return List.of("echo/2", "echo/1"); }
            public boolean speaksFirst() { return true; }
            public Optional<ProtocolDetector> detector() {
              return Optional.of(ProtocolDetector.ofPrefixes("echo ", "e"));
            }
            public Execution execution() { return Execution.EVENT_LOOP; }
            public Optional<Class<? extends Record>> settingsType() {
              return Optional.of(Settings.class);
            }
            """)
        .writeTo(folder);

    try (LoadedPlugins plugins = PluginLoader.load(folder)) {
      PluginProtocol echo = plugins.protocol("ECHO").orElseThrow();
      assertThat(echo.name()).isEqualTo("ECHO");
      assertThat(echo.jar()).isEqualTo("echo.jar");
      assertThat(echo.version()).contains("3.1");
      assertThat(echo.transports()).containsExactlyInAnyOrder(Transport.TCP, Transport.UDP);
      assertThat(echo.alpn()).containsExactly("echo/2", "echo/1");
      assertThat(echo.speaksFirst()).isTrue();
      assertThat(echo.detector()).isPresent();
      assertThat(echo.detectorBytes()).isEqualTo(5);
      assertThat(echo.execution()).isEqualTo(Execution.EVENT_LOOP);
      assertThat(echo.settingsType().orElseThrow().getSimpleName()).isEqualTo("Settings");
      assertThat(echo.classLoader()).isSameAs(echo.subsystem().getClass().getClassLoader());
      assertThat(echo).hasToString("ECHO of echo.jar");
      assertThat(plugins.report().hasErrors()).isFalse();
      assertThat(plugins.report().errors()).isEmpty();
    }
  }

  @Test
  void anUnassumingProtocolGetsTheDefaultsOfTheContracts() {
    jar("echo.jar").protocol("p.Echo", "ECHO").writeTo(folder);

    PluginProtocol echo = load().protocol("ECHO").orElseThrow();
    assertThat(echo.transports()).containsExactly(Transport.TCP);
    assertThat(echo.alpn()).isEmpty();
    assertThat(echo.detector()).isEmpty();
    assertThat(echo.execution()).isEqualTo(Execution.WORKERS);
    assertThat(echo.settingsType()).isEmpty();
    assertThat(echo.version()).isEmpty();
  }

  @Test
  void anApplicationIsFoundWithAllThatItSays() {
    jar("app.jar")
        .manifest("Implementation-Version", "2.1")
        .handler("p.App", "app", "/app/", "/other")
        .protocol("p.Echo", "ECHO")
        .writeTo(folder);

    LoadedPlugins plugins = load();

    LoadedHandler app = plugins.handlers().get("app");
    assertThat(app).isNotNull().hasToString("app of app.jar");
    assertThat(app.version()).contains("2.1");
    assertThat(app.service().prefixes()).containsExactly("/app/", "/other");
    assertThat(app.service().execution()).isEqualTo(Execution.WORKERS);
    assertThat(plugins.report().lines().get(0)).endsWith("1 jar, 1 protocol, 1 application");
    assertThat(plugins.report().errors()).isEmpty();
  }

  @Test
  void whatAnApplicationSaysOfItselfIsChecked() {
    jar("a.jar").handler("p.A", "Upper", "/").writeTo(folder);
    jar("b.jar").handler("p.B", "none").writeTo(folder);
    jar("c.jar").handler("p.C", "relative", "app").writeTo(folder);
    jar("d.jar").handler("p.D", "double", "/x", "/x").writeTo(folder);
    jar("e.jar").handler("p.E", "same", "/e").writeTo(folder);
    jar("f.jar").handler("p.F", "same", "/f").writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(plugins.handlers()).isEmpty();
    assertThat(refusal(plugins, "p.A")).contains("name() is 'Upper'; allowed: 1 to 64", "a-z");
    assertThat(refusal(plugins, "p.B"))
        .isEqualTo("prefixes() is empty; allowed: at least one path");
    assertThat(refusal(plugins, "p.C")).contains("'app'; allowed: paths that start with a slash");
    assertThat(refusal(plugins, "p.D")).contains("prefixes() has a path twice");
    assertThat(refusal(plugins, "p.E")).contains("provided by e.jar and f.jar; keep one");
    assertThat(plugins.whyMissingHandler("same")).startsWith("application 'same' was refused:");
  }

  @Test
  void oneBadProviderDoesNotCostTheJarItsGoodOnes() {
    jar("mixed.jar")
        .provider("p.Absent # a comment")
        .protocol("p.Good", "GOOD")
        .source("p.NoProtocol", "package p; public class NoProtocol {}")
        .provider("p.NoProtocol")
        .protocol(
            "p.Throwing", "X", "public Throwing() { throw new IllegalStateException(\"no\"); }")
        .protocol("p.Failing", "X", "public Failing() { throw new AssertionError(\"never\"); }")
        .protocol("p.Linking", "X", "static { if (true) throw new NoClassDefFoundError(\"q/R\"); }")
        .protocol("p.Hidden", "X", "private Hidden() {}")
        .provider("java.lang.String")
        .provider("dev.sluice.platform.plugin.PluginLoader")
        .provider("not a class name")
        .protocol("p.AlsoGood", "ALSO_GOOD")
        .writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(plugins.protocols()).containsOnlyKeys("GOOD", "ALSO_GOOD");
    assertThat(refusal(plugins, "p.Absent")).contains("does not hold the class");
    assertThat(refusal(plugins, "p.NoProtocol")).contains("does not implement");
    assertThat(refusal(plugins, "p.Throwing"))
        .isEqualTo("its constructor failed: IllegalStateException: no");
    assertThat(refusal(plugins, "p.Failing"))
        .isEqualTo("its constructor failed: AssertionError: never");
    assertThat(refusal(plugins, "p.Linking")).contains("NoClassDefFoundError").contains("q/R");
    assertThat(refusal(plugins, "p.Hidden")).contains("no public constructor");
    assertThat(refusal(plugins, "java.lang.String")).contains("not the jar's own");
    assertThat(refusal(plugins, "dev.sluice.platform.plugin.PluginLoader"))
        .contains("does not hold the class");
    assertThat(refusal(plugins, "not a class name")).contains("does not hold the class");
    assertThat(plugins.report().errors()).hasSize(9);
  }

  @Test
  void aClassThatNeedsWhatIsNotThereIsRefusedWithItsName() throws IOException {
    Path whole =
        jar("whole.jar")
            .source(
                "q.Base", PluginJars.subsystem("q.Base", "", "public String name(){return \"Q\";}"))
            .source("p.Derived", "package p; public class Derived extends q.Base {}")
            .provider("p.Derived")
            .writeTo(folder);
    try (FileSystem zip = FileSystems.newFileSystem(whole)) {
      Files.delete(zip.getPath("q", "Base.class"));
    }

    assertThat(refusal(load(), "p.Derived"))
        .contains("q.Base is not in whole.jar: bundle its library into the jar");
  }

  @Test
  void aClassOfTheNodesThatTheNodeDoesNotHaveIsAQuestionOfVersions() throws IOException {
    jar("newer.jar")
        .protocol(
            "p.Newer",
            "X",
            "static { try { Class.forName(\"io.netty.NotYet\"); }"
                + " catch (ClassNotFoundException e) { throw new IllegalStateException(e); } }")
        .writeTo(folder);

    assertThat(refusal(load(), "p.Newer"))
        .contains("io.netty.NotYet: the node lends no such class to newer.jar");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "return null;|name() is null",
        "return \"\";|name() is ''",
        "return \"echo\";|name() is 'echo'",
        "return \"A B\";|name() is 'A B'",
        "return \"A\\n\";|name() is 'A'",
        "return \"X\".repeat(65);|allowed: 1 to 64 characters",
        "throw new IllegalStateException(\"one\\ntwo\");|IllegalStateException: one two",
        "throw new StackOverflowError();|its name() failed: StackOverflowError",
      })
  void aNameOfTheWrongFormIsRefused(String body, String reason) {
    jar("a.jar")
        .source("p.A", PluginJars.subsystem("p.A", "", "public String name() {" + body + "}"))
        .provider("p.A")
        .protocol("p.Good", "GOOD")
        .writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(refusal(plugins, "p.A")).contains(reason).doesNotContain("\n");
    assertThat(plugins.protocols()).containsOnlyKeys("GOOD");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Set<Transport> transports() { return null; }|transports() is null",
        "Set<Transport> transports() { return Set.of(); }|transports() is empty",
        "Set<Transport> transports() { return Collections.singleton(null); }|its transports() failed",
        "List<String> alpnProtocols() { return null; }|alpnProtocols() is null",
        "List<String> alpnProtocols() { return List.of(\"\"); }|a name of 0 bytes",
        "List<String> alpnProtocols() { return List.of(\"ä\".repeat(128)); }|a name of 256 bytes",
        "List<String> alpnProtocols() { return List.of(\"a\", \"a\"); }|a name twice",
        "Optional<ProtocolDetector> detector() { return null; }|detector() is null",
        DETECTS + "0; }}); }|detector() needs 0 bytes",
        DETECTS + "1025; }}); }|detector() needs 1025 bytes; allowed: a maxBytes() of 1 to 1024",
        DETECTS + "1 / 0; }}); }|its detector() failed: ArithmeticException",
        "Execution execution() { return null; }|execution() is null",
        "boolean speaksFirst() { throw new Error(\"e\"); }|its speaksFirst() failed: Error: e",
        "Optional<Class<? extends Record>> settingsType() { return null; }|settingsType() is null",
        "Optional settingsType() { return Optional.of(A.class); }|settingsType() is no record: p.A",
      })
  void whatAProtocolSaysOfItselfIsChecked(String method, String reason) {
    jar("a.jar").protocol("p.A", "A", "public " + method).writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(refusal(plugins, "p.A")).contains(reason);
    assertThat(plugins.protocols()).isEmpty();
    assertThat(plugins.whyMissing("A")).contains("a.jar").contains(reason);
  }

  @Test
  void aNameThatTwoJarsProvideIsServedByNeither() {
    jar("one.jar").protocol("p.Echo", "ECHO").protocol("p.One", "ONE").writeTo(folder);
    jar("two.jar").protocol("p.Echo", "ECHO").writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(plugins.protocols()).containsOnlyKeys("ONE");
    assertThat(plugins.report().hasErrors()).isTrue();
    assertThat(plugins.report().errors())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).contains("ECHO", "one.jar and two.jar"));
    assertThat(plugins.whyMissing("ECHO")).contains("one.jar", "two.jar", "keep one");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "io/netty/buffer/ByteBuf.class",
        "dev/sluice/api/Session.class",
        "dev/sluice/session/netty/Any.class",
        "dev/sluice/protocol/http/Any.class",
        "META-INF/versions/21/io/netty/buffer/ByteBuf.class",
      })
  void aJarThatBringsTheNodesOwnClassesIsRefused(String entry) {
    jar("fat.jar").protocol("p.Echo", "ECHO").entry(entry, "").writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(plugins.protocols()).isEmpty();
    assertThat(plugins.report().jars().get(0).refused().orElseThrow())
        .contains(entry)
        .contains("scope 'provided'");
  }

  @Test
  void namesThatOnlyLookAlikeAreTheJarsOwnBusiness() {
    jar("a.jar")
        .protocol("dev.sluice.apix.Echo", "ECHO")
        .entry("shaded/io/netty/buffer/ByteBuf.class", "")
        .entry("META-INF/maven/io.netty/pom.xml", "")
        .writeTo(folder);

    assertThat(load().protocols()).containsOnlyKeys("ECHO");
  }

  @ParameterizedTest
  @CsvSource({
    "'',does not say which version",
    "one,'is ''one''; it has the form major.minor'",
    "1,it has the form",
    "1.1,built for version 1.1 of the contracts; this node serves 1.0",
    "2.0,built for version 2.0",
    "0.9,built for version 0.9",
  })
  void aJarForOtherContractsIsRefused(String version, String reason) {
    jar("a.jar")
        .manifest("Sluice-Api-Version", version)
        .protocol("p.Echo", "ECHO", "static { if (true) throw new Error(\"was tried\"); }")
        .writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(plugins.protocols()).isEmpty();
    LoadReport.Jar reported = plugins.report().jars().get(0);
    assertThat(reported.refused().orElseThrow()).contains(reason);
    assertThat(reported.providers()).isEmpty();
  }

  @Test
  void aManifestWithoutAVersionIsToldWhatToAdd() {
    jar("a.jar").withoutManifest("Sluice-Api-Version").protocol("p.E", "E").writeTo(folder);

    assertThat(load().report().jars().get(0).refused().orElseThrow())
        .contains("add 'Sluice-Api-Version: 1.0'");
  }

  @Test
  void brokenArchivesAreRefusedAndTheOthersServed() throws IOException {
    Files.writeString(folder.resolve("a-text.jar"), "this is no zip");
    Files.createFile(folder.resolve("b-empty.jar"));
    byte[] good = Files.readAllBytes(jar("c-torn.jar").protocol("p.C", "C").writeTo(folder));
    byte[] torn = good.clone();
    for (int at = 60; at < torn.length / 2; at++) {
      torn[at] ^= 0x55;
    }
    Files.write(folder.resolve("c-torn.jar"), torn);
    Files.createSymbolicLink(folder.resolve("d-dangling.jar"), folder.resolve("nowhere"));
    jar("e-good.jar").protocol("p.Good", "GOOD").writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(plugins.protocols()).containsOnlyKeys("GOOD");
    assertThat(plugins.report().jars().subList(0, 4))
        .allSatisfy(
            j -> assertThat(j.refused().orElseThrow()).startsWith("it is no readable jar: "));
  }

  @Test
  void aLibraryIsNamedAsOneAndIsNoError() {
    jar("library.jar")
        .withoutManifest("Sluice-Api-Version")
        .source("lib.Thing", "package lib; public class Thing {}")
        .writeTo(folder);

    LoadReport report = load().report();

    assertThat(report.hasErrors()).isFalse();
    assertThat(report.lines()).anyMatch(line -> line.contains("library.jar  -  api -  nothing"));
  }

  @Test
  void whatIsNoJarIsLeftAloneAndNamed() throws IOException {
    Files.createDirectory(folder.resolve("old"));
    jar("old-echo.jar").protocol("p.Old", "OLD").writeTo(folder.resolve("old"));
    Files.createDirectory(folder.resolve("unpacked.jar"));
    Files.writeString(folder.resolve("README"), "hello");
    Files.writeString(folder.resolve(".upload.jar"), "half of");

    LoadReport report = load().report();

    assertThat(report.hasErrors()).isFalse();
    assertThat(report.jars()).isEmpty();
    assertThat(report.ignored()).containsExactly(".upload.jar", "README", "old/", "unpacked.jar/");
  }

  @Test
  void aMissingFolderAnEmptyOneAndAFileAreToldApart() throws IOException {
    Path missing = folder.resolve("missing");
    LoadedPlugins none = PluginLoader.load(missing);
    assertThat(none.report().hasErrors()).isTrue();
    assertThat(none.report().lines())
        .containsExactly("plug-ins in " + missing + ": there is no such folder");
    assertThat(none.whyMissing("ECHO")).contains("there is no such folder");

    assertThat(load().report().hasErrors()).isFalse();
    assertThat(load().report().lines().get(0)).contains("no jar in it");

    Path file = Files.createFile(folder.resolve("file"));
    assertThat(PluginLoader.load(file).report().problem()).contains("this is no folder");
  }

  @Test
  void theReportIsOneAlignedLineForEachProviderInTheOrderOfNames() throws IOException {
    jar("b.jar").manifest("Implementation-Version", "1.2.3").protocol("p.B", "B").writeTo(folder);
    jar("a-long-name.jar")
        .manifest("Class-Path", "guice.jar")
        .protocol("p.A", "A")
        .protocol("p.Bad", "bad")
        .writeTo(folder);
    Files.writeString(folder.resolve("c.jar"), "broken");

    List<String> lines = load().report().lines();

    assertThat(lines.get(0)).isEqualTo("plug-ins in " + folder + ": 3 jars, 2 protocols");
    String notFollowed = " (the Class-Path of its manifest is not followed)";
    assertThat(lines.subList(1, 4))
        .containsExactly(
            "  a-long-name.jar  -      api 1.0  serves   A by p.A" + notFollowed,
            "  a-long-name.jar  -      api 1.0  REFUSED  p.Bad: name() is 'bad'; allowed: 1 to 64"
                + " characters of A-Z, 0-9, '_', '.' and '-'"
                + notFollowed,
            "  b.jar            1.2.3  api 1.0  serves   B by p.B");
    assertThat(lines.get(4)).startsWith("  c.jar            -      api -    REFUSED  it is no");
    assertThat(lines).hasSize(5);
  }

  @Test
  void anUnknownNameIsAnsweredWithTheKnownOnes() {
    jar("a.jar").protocol("p.A", "LINE_ECHO").protocol("p.B", "OTHER").writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(plugins.whyMissing("line-echo"))
        .isEqualTo(
            "no protocol is named 'line-echo', did you mean LINE_ECHO?; known in "
                + folder
                + ": LINE_ECHO, OTHER");
    assertThat(plugins.whyMissing("SMTP")).doesNotContain("did you mean");
  }

  @Test
  void theSameProviderDeclaredTwiceIsMadeOnce() throws IOException {
    jar("a.jar").protocol("p.A", "A").provider("p.A").writeTo(folder);

    LoadedPlugins plugins = load();

    assertThat(plugins.protocols()).containsOnlyKeys("A");
    assertThat(plugins.report().jars().get(0).providers()).hasSize(1);
  }

  @Test
  void aServiceFileOfTheWrongEncodingHarmsNobody() throws IOException {
    String service = "META-INF/services/dev.sluice.api.CustomProtocolSubsystem";
    jar("a.jar")
        .protocol("p.A", "A")
        .entry(service, new String(new byte[] {(byte) 0xff, '\n'}, StandardCharsets.ISO_8859_1))
        .writeTo(folder);

    assertThat(load().report().hasErrors()).isTrue();
  }

  private LoadedPlugins load() {
    return PluginLoader.load(folder);
  }

  private static String refusal(LoadedPlugins plugins, String className) {
    return plugins.report().jars().stream()
        .flatMap(jar -> jar.providers().stream())
        .filter(provider -> provider.className().equals(className))
        .map(LoadReport.Provider::refused)
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow();
  }
}
