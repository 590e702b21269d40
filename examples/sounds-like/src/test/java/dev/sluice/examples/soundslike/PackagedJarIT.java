// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.soundslike;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.sluice.nodetest.SluiceNode;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The jar with its library, by the loader of a node: it sees nothing of the test's class path. */
class PackagedJarIT {

  @RegisterExtension static final SluiceNode node = SluiceNode.withPackagedJar();

  private static String ask(String words) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(node.uri("/sounds-like/" + words)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }

  @Test
  void theLibraryInTheJarIsUsed() throws Exception {
    assertEquals("alike\n", ask("Stephen/Steven"));
    assertEquals("not alike\n", ask("Stephen/Jones"));
  }

  @Test
  void theJarHoldsTheLibraryAndNothingThatANodeLends() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("target"));
        JarFile jar =
            new JarFile(
                files
                    .filter(file -> file.getFileName().toString().startsWith("sluice-sounds-like"))
                    .filter(file -> file.toString().endsWith(".jar"))
                    .findFirst()
                    .orElseThrow()
                    .toFile())) {
      assertNotNull(jar.getEntry("org/apache/commons/codec/language/DoubleMetaphone.class"));
      assertNotNull(jar.getManifest().getMainAttributes().getValue("Sluice-Api-Version"));
      assertFalse(
          jar.stream()
              .anyMatch(
                  entry ->
                      entry.getName().startsWith("io/netty/")
                          || entry.getName().startsWith("dev/sluice/api/")));
    }
  }
}
