// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import static dev.sluice.platform.plugin.PluginJars.jar;
import static dev.sluice.platform.plugin.PluginJars.subsystem;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.inject.Guice;
import dev.sluice.api.CustomProtocolSubsystem;
import java.io.IOException;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a plug-in sees of the node and of other plug-ins, and what the node keeps of it. */
class PluginClassPathTest {

  private static final String SERVICE =
      "META-INF/services/" + CustomProtocolSubsystem.class.getName();

  /** Loads a class by name and says by whom, as code in the plug-in. */
  private static final String PROBE =
      """
      static final String MADE_WITH =
          Thread.currentThread().getContextClassLoader() == Probe.class.getClassLoader()
              ? "OWN" : "OTHER";
      public String name() {
        boolean own =
            Thread.currentThread().getContextClassLoader() == Probe.class.getClassLoader();
        return "PROBE_" + MADE_WITH + (own ? "_OWN" : "_OTHER");
      }
      public String apply(String name) {
        try {
          return String.valueOf(Class.forName(name).getClassLoader());
        } catch (ClassNotFoundException e) {
          return "not found";
        } catch (LinkageError e) {
          return e.toString();
        }
      }
      """;

  @TempDir Path folder;

  @BeforeEach
  void makeTheProbe() {
    jar("probe.jar")
        .source(
            "p.Probe", subsystem("p.Probe", ", java.util.function.UnaryOperator<String>", PROBE))
        .provider("p.Probe")
        .source("p.Late", "package p; public class Late {}")
        .entry("p/text with + and #.txt", "mine")
        .writeTo(folder);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "com.google.inject.Guice",
        "com.fasterxml.jackson.databind.ObjectMapper",
        "org.snakeyaml.engine.v2.api.Load",
        "picocli.CommandLine",
        "ch.qos.logback.classic.Logger",
        "dev.sluice.platform.plugin.PluginLoader",
        "org.junit.jupiter.api.Test",
      })
  void whatElseTheNodeHasIsNotThere(String className) throws ClassNotFoundException {
    assertThat(Class.forName(className)).as("the node has it").isNotNull();
    assertThat(probe().apply(className)).isEqualTo("not found");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "io.netty.buffer.ByteBuf",
        "io.netty.util.concurrent.EventExecutor",
        "io.netty.handler.codec.http.HttpServerCodec",
        "org.slf4j.LoggerFactory",
        "org.jspecify.annotations.Nullable",
        "dev.sluice.api.Session",
      })
  void whatIsSharedIsTheNodesOwnClass(String className) throws ClassNotFoundException {
    assertThat(probe().apply(className))
        .isEqualTo(String.valueOf(Class.forName(className).getClassLoader()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"java.sql.Connection", "java.net.http.HttpClient", "javax.net.ssl.SSLEngine"})
  void theWholeJdkIsThere(String className) {
    assertThat(probe().apply(className)).isNotEqualTo("not found");
  }

  @Test
  void theContextClassLoaderIsThePluginsWhileItIsRead() {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    jar("throws.jar")
        .protocol("q.X", "X", "static { if (true) throw new Error(); }")
        .writeTo(folder);

    LoadedPlugins plugins = PluginLoader.load(folder);

    assertThat(plugins.protocols()).containsOnlyKeys("PROBE_OWN_OWN");
    assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
  }

  @Test
  void resourcesOfTheNodeAreFilteredLikeItsClasses() throws IOException {
    ClassLoader loader = loaded().classLoader();
    ClassLoader node = getClass().getClassLoader();
    String slf4j = "META-INF/services/org.slf4j.spi.SLF4JServiceProvider";
    String guice = Guice.class.getName().replace('.', '/') + ".class";
    String netty = "io/netty/buffer/ByteBuf.class";

    assertThat(node.getResource(slf4j)).as("the node has it").isNotNull();
    assertThat(loader.getResource(slf4j)).isNull();
    assertThat(Collections.list(loader.getResources(slf4j))).isEmpty();
    assertThat(loader.getResourceAsStream(slf4j)).isNull();
    assertThat(loader.getResource(guice)).isNull();
    assertThat(loader.getResource("dev/sluice/platform/cli/logback.xml")).isNull();
    assertThat(loader.getResource(netty)).isEqualTo(node.getResource(netty));
    assertThat(Collections.list(loader.getResources(netty))).hasSize(1);
    assertThat(loader.getResourceAsStream(netty)).isNotEmpty();
    assertThat(Collections.list(loader.getResources(SERVICE)))
        .singleElement()
        .satisfies(url -> assertThat(url.toString()).contains("probe.jar!/" + SERVICE));
  }

  @Test
  void aResourceOfTheJarIsReadByUrlAndByStream() throws Exception {
    ClassLoader loader = loaded().classLoader();
    String name = "p/text with + and #.txt";
    URL url = loader.getResource(name);

    assertThat(url.openStream()).hasContent("mine");
    assertThat(url.openConnection().getContentLength()).isEqualTo(4);
    assertThat(loader.getResourceAsStream(name)).hasContent("mine");
    assertThat(new URL(url, "Probe.class").openStream()).isNotEmpty();
    assertThat(new URL(url.toExternalForm()).openStream()).as("for the JDK").hasContent("mine");
    assertThat(URI.create(url.toString())).isEqualTo(url.toURI());
    assertThat(loader.getResource(name)).isEqualTo(url).hasSameHashCodeAs(url);
    assertThat(loader.getResource("p/absent")).isNull();
  }

  @Test
  void theJarMayBeReplacedOrRemovedWhileItServes() throws Exception {
    PluginProtocol probe = loaded();
    Path file = folder.resolve("probe.jar");
    Files.writeString(file, "another jar, half copied");

    Class<?> late = Class.forName("p.Late", true, probe.classLoader());
    assertThat(late.getClassLoader()).isSameAs(probe.classLoader());
    Files.delete(file);
    assertThat(probe.classLoader().getResourceAsStream("p/Late.class")).isNotEmpty();
    assertThat(late.getProtectionDomain().getCodeSource().getLocation())
        .isEqualTo(file.toUri().toURL());
  }

  @Test
  void noFileStaysOpen() throws IOException {
    PluginProtocol probe = loaded();
    probe.classLoader().getResource("p/Late.class").openStream().close();

    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      assertThat(open.map(PluginClassPathTest::target))
          .noneMatch(target -> target.startsWith(folder.toString()));
    }
  }

  @Test
  void twoPluginsMayHaveClassesOfTheSameName() {
    for (String which : List.of("ONE", "TWO")) {
      jar(which + ".jar")
          .source(
              "same.Helper", "package same; class Helper { String n = \"%s\"; }".formatted(which))
          .source(
              "same.Protocol",
              subsystem("same.Protocol", "", "public String name() { return new Helper().n; }"))
          .provider("same.Protocol")
          .writeTo(folder);
    }

    LoadedPlugins plugins = PluginLoader.load(folder);

    Class<?> one = plugins.protocol("ONE").orElseThrow().subsystem().getClass();
    Class<?> two = plugins.protocol("TWO").orElseThrow().subsystem().getClass();
    assertThat(one).isNotEqualTo(two);
    assertThat(one.getName()).isEqualTo(two.getName());
  }

  @Test
  void theNewestVersionForTheRunningJavaIsTakenFromAMultiReleaseJar() {
    jar("multi.jar")
        .manifest("Multi-Release", "true")
        .protocol("m.M", "M")
        .entry("m/text", "for all")
        .entry("META-INF/versions/11/m/text", "for 11")
        .entry("META-INF/versions/99/m/text", "for 99")
        .writeTo(folder);

    ClassLoader loader = PluginLoader.load(folder).protocol("M").orElseThrow().classLoader();
    assertThat(loader.getResourceAsStream("m/text")).hasContent("for 11");
  }

  @Test
  void aPackageKnowsTheVersionOfItsJar() {
    jar("v.jar").manifest("Implementation-Version", "7.7").protocol("v.V", "V").writeTo(folder);

    Class<?> type = PluginLoader.load(folder).protocol("V").orElseThrow().subsystem().getClass();
    assertThat(type.getPackage().getImplementationVersion()).isEqualTo("7.7");
    assertThat(type.getClassLoader().getName()).isEqualTo("v.jar");
  }

  @Test
  void nothingKeepsAClosedPluginAlive() throws InterruptedException {
    jar("bad.jar")
        .source("b.Mine", "package b; public class Mine extends RuntimeException {}")
        .protocol("b.Bad", "BAD", "public Bad() { throw new Mine(); }")
        .writeTo(folder);
    LoadedPlugins plugins = PluginLoader.load(folder);
    ReferenceQueue<ClassLoader> queue = new ReferenceQueue<>();
    Reference<ClassLoader> loader = watch(plugins, queue);

    plugins.close();
    plugins.close();

    assertThat(collected(queue)).isSameAs(loader);
    assertThat(plugins.protocols()).isEmpty();
    assertThat(plugins.report().lines()).as("the report stays").hasSizeGreaterThan(2);
  }

  /** In a method of its own, so that no slot of the caller's frame holds the loader. */
  private static Reference<ClassLoader> watch(
      LoadedPlugins plugins, ReferenceQueue<ClassLoader> queue) {
    PluginProtocol probe = plugins.protocols().values().iterator().next();
    assertThat(probe.subsystem()).isInstanceOf(Function.class);
    return new PhantomReference<>(probe.classLoader(), queue);
  }

  private static Reference<? extends ClassLoader> collected(ReferenceQueue<ClassLoader> queue)
      throws InterruptedException {
    for (int attempt = 0; attempt < 50; attempt++) {
      System.gc();
      Reference<? extends ClassLoader> found = queue.remove(100);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private PluginProtocol loaded() {
    return PluginLoader.load(folder).protocol("PROBE_OWN_OWN").orElseThrow();
  }

  @SuppressWarnings("unchecked")
  private UnaryOperator<String> probe() {
    return (UnaryOperator<String>) loaded().subsystem();
  }
}
