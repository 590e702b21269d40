// SPDX-License-Identifier: Apache-2.0
package dev.sluice.maven;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginJarTest {

  private static final String SERVICE = "META-INF/services/dev.sluice.api.rpc.RpcHandler";

  @TempDir Path folder;

  @Test
  void theProjectComesFirstAndServicesAreJoined() throws Exception {
    Path classes = folder.resolve("classes");
    write(classes.resolve("a/A.class"), "ours");
    write(classes.resolve(SERVICE), "a.A");
    Path library =
        jar("library.jar", Map.of("a/A.class", "theirs", "b/B.class", "b", SERVICE, "b.B"));

    Path made = made(classes, library);

    assertThat(text(made, "a/A.class")).isEqualTo("ours");
    assertThat(text(made, "b/B.class")).isEqualTo("b");
    assertThat(text(made, SERVICE).lines()).containsExactly("a.A", "b.B");
  }

  @Test
  void whatIsTrueOfOneJarAloneIsLeftOut() throws Exception {
    Path classes = Files.createDirectory(folder.resolve("classes"));
    Path library =
        jar(
            "library.jar",
            Map.of(
                "META-INF/ONE.SF", "", "META-INF/one.rsa", "", "module-info.class", "", "c", "c"));

    try (JarFile jar = new JarFile(made(classes, library).toFile())) {
      assertThat(jar.stream().map(JarEntry::getName))
          .containsExactlyInAnyOrder("META-INF/MANIFEST.MF", "c");
    }
  }

  @Test
  void aProjectBesideThisOneIsALibraryBeforeItIsPackaged() throws Exception {
    Path classes = Files.createDirectory(folder.resolve("classes"));
    Path beside = folder.resolve("beside");
    write(beside.resolve("d/D.class"), "d");

    assertThat(text(made(classes, beside), "d/D.class")).isEqualTo("d");
  }

  private Path made(Path classes, Path library) throws IOException {
    Path made = folder.resolve("made.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().putValue("Manifest-Version", "1.0");
    PluginJar.of(classes, List.of(library)).write(made, manifest);
    return made;
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private Path jar(String name, Map<String, String> entries) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out)) {
      for (Map.Entry<String, String> entry : entries.entrySet()) {
        jar.putNextEntry(new JarEntry(entry.getKey()));
        jar.write(entry.getValue().getBytes(UTF_8));
      }
    }
    return file;
  }

  private static String text(Path file, String name) throws IOException {
    try (JarFile jar = new JarFile(file.toFile())) {
      return new String(jar.getInputStream(jar.getJarEntry(name)).readAllBytes(), UTF_8);
    }
  }
}
