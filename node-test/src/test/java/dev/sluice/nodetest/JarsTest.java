// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.examples.lineecho.LineEcho;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A jar in a test, loaded as a node loads it. */
class JarsTest {

  @TempDir Path folder;

  /** The classes of the example, wherever they lie, in a jar. */
  private Path jar(String... left) throws Exception {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(new Attributes.Name("Sluice-Api-Version"), "1.0");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream out = new JarOutputStream(bytes, manifest)) {
      for (String name : classes()) {
        if (!List.of(left).contains(name)) {
          out.putNextEntry(new JarEntry(name));
          try (InputStream in = LineEcho.class.getResourceAsStream("/" + name)) {
            in.transferTo(out);
          }
        }
      }
      out.putNextEntry(
          new JarEntry("META-INF/services/" + CustomProtocolSubsystem.class.getName()));
      out.write(LineEcho.class.getName().getBytes(StandardCharsets.UTF_8));
    }
    return Files.write(folder.resolve("line-echo.jar"), bytes.toByteArray());
  }

  private static List<String> classes() throws Exception {
    String packagePath = LineEcho.class.getPackageName().replace('.', '/') + "/";
    URI home = LineEcho.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    Path place = Path.of(home);
    if (Files.isDirectory(place)) {
      return list(place.resolve(packagePath), packagePath);
    }
    try (FileSystem files = FileSystems.newFileSystem(place)) {
      return list(files.getPath("/" + packagePath), packagePath);
    }
  }

  private static List<String> list(Path place, String packagePath) throws IOException {
    try (Stream<Path> files = Files.list(place)) {
      return files.map(file -> packagePath + file.getFileName()).toList();
    }
  }

  @Test
  void aJarServesAsInProduction() throws Exception {
    try (SluiceNode node = SluiceNode.withJar(jar()).settings("max_line_length: 10B").start();
        Socket socket = node.connect()) {
      socket.getOutputStream().write("ten\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().readNBytes(4))
          .isEqualTo("ten\n".getBytes(StandardCharsets.US_ASCII));
    }
  }

  @Test
  void aJarThatCanNotBeLoadedIsSaid() throws Exception {
    Path broken = Files.writeString(folder.resolve("broken.jar"), "no jar");

    assertThatThrownBy(() -> SluiceNode.withJar(broken).start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("broken.jar is refused: it is no readable jar");
  }

  @Test
  void aJarThatLacksAClassIsSaid() throws Exception {
    Path lacking = jar(LineEcho.class.getName().replace('.', '/') + ".class");

    assertThatThrownBy(() -> SluiceNode.withJar(lacking).start())
        .hasMessageContaining("the jar declares this provider but does not hold the class");
  }

  @Test
  void theJarThatMavenPackagedIsFound() throws Exception {
    assertThatThrownBy(() -> SluiceNode.packagedJar(folder.resolve("none")))
        .hasMessageEndingWith("but there is none: run mvn package");
    Path own = Files.createFile(folder.resolve("shout-1.0.jar"));
    for (String other : List.of("-sources.jar", "-javadoc.jar", "-tests.jar", ".pom")) {
      Files.createFile(folder.resolve("shout-1.0" + other));
    }
    Files.createFile(folder.resolve("original-shout-1.0.jar"));

    assertThat(SluiceNode.packagedJar(folder)).isEqualTo(own);

    Files.createFile(folder.resolve("shout-1.1.jar"));
    assertThatThrownBy(() -> SluiceNode.packagedJar(folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("shout-1.0.jar")
        .hasMessageContaining("shout-1.1.jar");
  }
}
