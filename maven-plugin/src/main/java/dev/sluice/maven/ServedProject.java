// SPDX-License-Identifier: Apache-2.0
package dev.sluice.maven;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * What of a project a node serves.
 *
 * @param name of its jar
 * @param version of the project
 * @param manifest further attributes that its jar has
 * @param classes what is compiled
 * @param libraries what the jar would hold besides
 * @param configuration the node's
 * @param plugins a folder that is this one's to fill
 * @param companions jars of further plug-ins
 */
record ServedProject(
    String name,
    String version,
    Map<String, String> manifest,
    Path classes,
    List<Path> libraries,
    Path configuration,
    Path plugins,
    List<Path> companions) {

  private static final List<String> SERVICES =
      List.of("dev.sluice.api.CustomProtocolSubsystem", "dev.sluice.api.rpc.RpcHandler");

  /** Why there is nothing to serve; empty where there is. */
  Optional<String> problem() {
    if (!Files.isRegularFile(configuration)) {
      return Optional.of(
          "there is no configuration "
              + configuration
              + ": write one, or name another by -Dsluice.config=FILE");
    }
    if (SERVICES.stream().noneMatch(this::provides)) {
      return Optional.of(
          "there is neither a protocol nor an application in "
              + classes
              + ": put @AutoService(CustomProtocolSubsystem.class) or @AutoService(RpcHandler.class)"
              + " before a public class, or write its name into META-INF/services");
    }
    return Optional.empty();
  }

  private boolean provides(String service) {
    return Files.isRegularFile(classes.resolve("META-INF/services").resolve(service));
  }

  /** What a node is started anew for. */
  List<Path> watched() {
    return List.of(classes, configuration);
  }

  /** Puts the project's jar, as it is now, and the others into the folder of plug-ins. */
  void lay() throws IOException {
    Files.createDirectories(plugins);
    try (Stream<Path> old = Files.list(plugins)) {
      for (Path file : old.toList()) {
        Files.delete(file);
      }
    }
    for (Path companion : companions) {
      Files.copy(
          companion, plugins.resolve(companion.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
    PluginJar.of(classes, libraries).write(plugins.resolve(name + ".jar"), manifestOfTheJar());
  }

  private Manifest manifestOfTheJar() {
    Manifest made = new Manifest();
    Attributes main = made.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.put(Attributes.Name.IMPLEMENTATION_VERSION, version);
    manifest.forEach(main::putValue);
    return made;
  }
}
