// SPDX-License-Identifier: Apache-2.0
package dev.sluice.maven;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * The jar that the project would be: its classes, and those of its libraries, as the shade plug-in
 * of {@code sluice-plugin-parent} puts them together. So the node's own loader has the say over
 * what it takes and what is missing.
 */
final class PluginJar {

  private static final String SERVICES = "META-INF/services/";

  private final Map<String, byte[]> entries = new TreeMap<>();

  private PluginJar() {}

  /**
   * Reads what goes in.
   *
   * @param classes the project's
   * @param libraries jars, or folders of classes of a project beside it; what was there before wins
   */
  static PluginJar of(Path classes, List<Path> libraries) throws IOException {
    PluginJar jar = new PluginJar();
    jar.addFolder(classes);
    for (Path library : libraries) {
      if (Files.isDirectory(library)) {
        jar.addFolder(library);
      } else {
        jar.addJar(library);
      }
    }
    return jar;
  }

  void write(Path file, Manifest manifest) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        jar.putNextEntry(new JarEntry(entry.getKey()));
        jar.write(entry.getValue());
        jar.closeEntry();
      }
    }
  }

  private void addFolder(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        add(
            folder.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/"),
            Files.readAllBytes(file));
      }
    }
  }

  private void addJar(Path file) throws IOException {
    try (JarFile jar = new JarFile(file.toFile())) {
      for (JarEntry entry : jar.stream().filter(each -> !each.isDirectory()).toList()) {
        try (InputStream in = jar.getInputStream(entry)) {
          add(entry.getName(), in.readAllBytes());
        }
      }
    }
  }

  private void add(String name, byte[] bytes) {
    if (leftOut(name)) {
      return;
    }
    entries.merge(
        name, bytes, (first, further) -> name.startsWith(SERVICES) ? lines(first, further) : first);
  }

  /** The jar has a manifest of its own, is signed by nobody, and is no module. */
  private static boolean leftOut(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return name.equals("module-info.class")
        || name.equals(JarFile.MANIFEST_NAME)
        || (upper.startsWith("META-INF/")
            && Stream.of(".SF", ".DSA", ".RSA", ".EC").anyMatch(upper::endsWith));
  }

  private static byte[] lines(byte[] first, byte[] further) {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(first);
    both.write('\n');
    both.writeBytes(further);
    return both.toByteArray();
  }
}
