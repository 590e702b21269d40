// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Files that belong together, looked at now and then. A change counts once two looks in a row have
 * found the same, so that nobody reads what is still being written. Links are followed: where a
 * folder of them is swapped, as Kubernetes does it, all files change at once. For one thread at a
 * time.
 */
final class WatchedFiles {

  /** All but the content; ctime also tells of permissions, and of times that were set back. */
  private static final String ATTRIBUTES = "unix:dev,ino,size,lastModifiedTime,ctime";

  private static final Map<String, Object> ABSENT = Map.of();

  private final List<Path> paths;
  private List<Map<String, Object>> seen;
  private List<Map<String, Object>> handled;

  /** What is there now counts as handled. */
  WatchedFiles(Path... paths) {
    this.paths = List.of(paths);
    this.seen = look();
    this.handled = seen;
  }

  /** Looks, and answers whether the files are as at the look before. */
  boolean settled() {
    List<Map<String, Object>> before = seen;
    seen = look();
    return seen.equals(before);
  }

  /** Whether the last look found what was not dealt with. */
  boolean changed() {
    return !seen.equals(handled);
  }

  /** What the last look found is dealt with. */
  void handled() {
    handled = seen;
  }

  /** The first file that was not there at the last look. */
  Optional<Path> absent() {
    for (int i = 0; i < paths.size(); i++) {
      if (seen.get(i).equals(ABSENT)) {
        return Optional.of(paths.get(i));
      }
    }
    return Optional.empty();
  }

  private List<Map<String, Object>> look() {
    return paths.stream().map(WatchedFiles::look).toList();
  }

  private static Map<String, Object> look(Path path) {
    try {
      return Files.readAttributes(path, ATTRIBUTES);
    } catch (NoSuchFileException e) {
      return ABSENT;
    } catch (IOException e) {
      // As a loop of links, or a folder that may not be entered: reading will find words for it.
      return Map.of("failure", e.toString());
    }
  }
}
