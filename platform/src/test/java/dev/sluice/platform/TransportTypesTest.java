// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which types of the transport others may name. It has more public ones, for its own packages to
 * share.
 */
class TransportTypesTest {

  private static final String ROOT = "dev.sluice.transport.epoll.";

  private static final Set<String> OFFERED =
      Set.of(
          "DatagramServer",
          "EpollTransport",
          "InterfaceOptions",
          "InterfaceServer",
          "OpenSslServer",
          "TransportOptions",
          "loop.LoopFigures",
          "outbound.ClientSide",
          "outbound.OutboundConnections",
          "outbound.OutboundSettings",
          "outbound.ProtocolFinder",
          "outbound.TargetFigures",
          "tls.ClientCertificates",
          "tls.ServerIdentity",
          "tls.TlsContextRef",
          "tls.TlsPolicy");

  /** In sources as they are imported, in class files with slashes. */
  private static final Pattern NAMED =
      Pattern.compile("dev[./]sluice[./]transport[./]epoll[./]((?:[a-z]+[./])*(?:[A-Z]\\w*|\\*))");

  private static Path modules() {
    Path here = Path.of("").toAbsolutePath();
    return here.endsWith("platform") ? here.getParent() : here;
  }

  @Test
  void theNodesClassesNameNoOtherTypeOfTheTransport() throws Exception {
    Path classes = Path.of(Node.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> files = Files.walk(classes)) {
      Set<String> named = named(files.filter(file -> file.toString().endsWith(".class")));
      assertThat(named).contains("EpollTransport");
      assertThat(OFFERED).containsAll(named);
    }
  }

  /** Of those modules that are built later there are only sources yet. */
  @Test
  void noModulesSourcesNameAnotherTypeOfTheTransport() throws IOException {
    try (Stream<Path> files = Files.walk(modules())) {
      Set<String> named =
          named(
              files
                  .filter(file -> file.toString().endsWith(".java"))
                  .filter(file -> file.toString().contains("/src/main/java/"))
                  .filter(file -> !modules().relativize(file).startsWith("transport-epoll")));
      assertThat(named).contains("EpollTransport", "tls.TlsPolicy");
      assertThat(OFFERED).containsAll(named);
    }
  }

  @Test
  void whatIsOfferedIsThere() throws Exception {
    for (String name : OFFERED) {
      assertThat(Class.forName(ROOT + name)).isPublic();
    }
  }

  private static Set<String> named(Stream<Path> files) throws IOException {
    Set<String> named = new TreeSet<>();
    for (Path file : (Iterable<Path>) files::iterator) {
      Matcher matcher = NAMED.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
      while (matcher.find()) {
        named.add(matcher.group(1).replace('/', '.'));
      }
    }
    return named;
  }
}
