// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The arrows among the transport's packages, as its compiled classes have them. */
class PackagesTest {

  private static final String FACADE = "";

  /** What each may use. */
  private static final Map<String, Set<String>> ARROWS =
      Map.of(
          FACADE,
          Set.of("loop", "tls", "stream", "datagram", "outbound"),
          "outbound",
          Set.of("stream", "tls"),
          "stream",
          Set.of("tls", "loop"),
          "datagram",
          Set.of("loop"),
          "tls",
          Set.of(),
          "loop",
          Set.of());

  /** Names of classes stand in a class file as they are. */
  private static final Pattern NAMED =
      Pattern.compile("dev/sluice/transport/epoll/(?:([a-z]+)/)?[A-Z]");

  @Test
  void packagesUseOnlyThoseBelowThem() throws Exception {
    Map<String, Set<String>> found = arrows();
    assertThat(found.keySet()).isEqualTo(new TreeSet<>(ARROWS.keySet()));
    found.forEach((from, to) -> assertThat(ARROWS.get(from)).as("used by " + from).containsAll(to));
    // It does read them.
    assertThat(found.get(FACADE)).contains("stream", "outbound");
  }

  private static Map<String, Set<String>> arrows() throws Exception {
    Path classes =
        Path.of(EpollTransport.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path top = classes.resolve("dev/sluice/transport/epoll");
    Map<String, Set<String>> arrows = new TreeMap<>();
    try (Stream<Path> files = Files.walk(top)) {
      for (Path file : (Iterable<Path>) files.filter(PackagesTest::isClass)::iterator) {
        String from = top.relativize(file.getParent()).toString();
        Set<String> to = arrows.computeIfAbsent(from, name -> new TreeSet<>());
        Matcher named = NAMED.matcher(text(file));
        while (named.find()) {
          String other = named.group(1) == null ? FACADE : named.group(1);
          if (!other.equals(from)) {
            to.add(other);
          }
        }
      }
    }
    return arrows;
  }

  private static boolean isClass(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".class") && !name.equals("package-info.class");
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }
}
