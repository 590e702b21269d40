// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * A plug-in's jar as it was when it was read, all of it in memory.
 *
 * <p>An operator replaces a jar by copying over it while the node runs. A loader that went back to
 * the file for a class that it had not needed so far would find another jar's bytes, or none. This
 * costs a plug-in's size in heap, and leaves neither an open file nor the JDK's cache of jar files
 * behind.
 *
 * @param file where it was read from
 * @param manifest its manifest; empty where it has none
 * @param entries the bytes by name, those for the running Java first in a multi-release jar
 * @param allNames every name as it stands in the jar
 */
record JarContents(
    Path file, Manifest manifest, Map<String, byte[]> entries, Set<String> allNames) {

  /**
   * Reads all of a jar.
   *
   * @throws IOException if it is no jar, or broken anywhere; a RuntimeException may say so, too
   */
  static JarContents read(Path file) throws IOException {
    try (JarFile jar =
        new JarFile(file.toFile(), true, JarFile.OPEN_READ, JarFile.runtimeVersion())) {
      Manifest manifest = jar.getManifest();
      Map<String, byte[]> entries = new HashMap<>();
      Set<String> allNames = new LinkedHashSet<>();
      for (JarEntry entry : jar.stream().filter(e -> !e.isDirectory()).toList()) {
        allNames.add(entry.getName());
      }
      for (JarEntry entry : jar.versionedStream().filter(e -> !e.isDirectory()).toList()) {
        try (InputStream in = jar.getInputStream(entry)) {
          entries.put(entry.getName(), in.readAllBytes());
        }
      }
      return new JarContents(
          file.toAbsolutePath(), manifest == null ? new Manifest() : manifest, entries, allNames);
    }
  }

  byte @Nullable [] bytes(String name) {
    return entries.get(name);
  }

  Optional<String> attribute(String name) {
    return Optional.ofNullable(manifest.getMainAttributes().getValue(name))
        .map(String::strip)
        .filter(value -> !value.isEmpty());
  }

  Optional<String> version() {
    return attribute(Attributes.Name.IMPLEMENTATION_VERSION.toString());
  }

  /** A class that only the node may have; the first one, as it stands in the jar. */
  Optional<String> forbiddenClass() {
    return allNames.stream()
        .filter(name -> name.endsWith(".class") && SharedPackages.refusesInJar(unversioned(name)))
        .findFirst();
  }

  /**
   * The class names in a service file, in its order and each once, as the JDK's ServiceLoader reads
   * them. We do so ourselves because it neither tells a jar's own providers from its parents' nor
   * goes on after every kind of error.
   */
  List<String> providers(Class<?> service) {
    byte[] bytes = entries.get("META-INF/services/" + service.getName());
    if (bytes == null) {
      return List.of();
    }
    Set<String> names = new LinkedHashSet<>();
    new String(bytes, StandardCharsets.UTF_8)
        .lines()
        .map(line -> line.indexOf('#') < 0 ? line : line.substring(0, line.indexOf('#')))
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .forEach(names::add);
    return new ArrayList<>(names);
  }

  String fileName() {
    Path name = file.getFileName();
    return name == null ? file.toString() : name.toString();
  }

  private static String unversioned(String name) {
    String versions = "META-INF/versions/";
    if (!name.startsWith(versions)) {
      return name;
    }
    int end = name.indexOf('/', versions.length());
    return end < 0 ? name : name.substring(end + 1);
  }

  /** Where the JDK's own reader could find an entry; it is spelled so for those who parse it. */
  String url(String name) {
    File asFile = file.toFile();
    return "jar:" + asFile.toURI() + "!/" + JarUrls.encode(name);
  }
}
