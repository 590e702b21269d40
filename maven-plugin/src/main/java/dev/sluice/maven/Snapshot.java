// SPDX-License-Identifier: Apache-2.0
package dev.sluice.maven;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * How files looked at a moment, to see whether they have changed.
 *
 * @param files time and size, by path
 */
record Snapshot(Map<Path, String> files) {

  /**
   * Looks at files, and at all that is in folders.
   *
   * @param places need not exist
   */
  static Snapshot of(List<Path> places) throws IOException {
    Map<Path, String> files = new TreeMap<>();
    for (Path place : places) {
      for (Path file : below(place)) {
        try {
          BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
          if (seen.isRegularFile()) {
            files.put(file, seen.lastModifiedTime() + " " + seen.size());
          }
        } catch (NoSuchFileException e) {
          files.remove(file); // A compiler is at work: it has gone since it was listed.
        }
      }
    }
    return new Snapshot(files);
  }

  private static List<Path> below(Path place) throws IOException {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(place)) {
      try (Stream<Path> children = Files.list(place)) {
        for (Path child : children.toList()) {
          found.addAll(below(child));
        }
      } catch (NoSuchFileException e) {
        return found;
      }
    } else if (Files.exists(place)) {
      found.add(place);
    }
    return found;
  }
}
