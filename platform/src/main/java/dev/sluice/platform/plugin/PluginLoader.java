// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import dev.sluice.api.ApiVersion;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.platform.plugin.LoadReport.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Loads every jar of a folder, each with a class loader of its own that sees the JDK, the contracts
 * and what they are made of, and nothing else of the node.
 *
 * <p>A jar is read once, whole: after that its file may be replaced or removed, and nothing changes
 * for a node that runs. Loading makes providers but starts none. What is wrong with one jar or
 * provider is told in the report and never harms another. A provider whose constructor hangs can't
 * be helped: it hangs the start.
 */
public final class PluginLoader {

  /** What the report calls the program that a node is a part of. */
  static final String PROGRAM = "the program";

  private static final String JAR = ".jar";

  private PluginLoader() {}

  /**
   * Where plug-ins are if nothing else is said.
   *
   * @return {@code plugins} beside the distribution's {@code lib}, or in the working directory
   *     where the node was not started from a distribution
   */
  public static Path defaultFolder() {
    String home = System.getProperty("sluice.home");
    return home == null ? Path.of("plugins") : Path.of(home, "plugins");
  }

  /**
   * Loads what is in a folder.
   *
   * @param folder need not exist: the report then says so
   * @return what was found; close it after every protocol has been stopped
   */
  public static LoadedPlugins load(Path folder) {
    return load(Optional.of(folder), List.of(), List.of());
  }

  /**
   * Takes what a program has made itself, and loads what is in a folder beside it.
   *
   * @param folder need not exist: the report then says so; empty: none
   * @param protocols on class paths of their own choice; neither started nor stopped here
   * @param handlers likewise
   * @return what was found; close it after every protocol has been stopped
   */
  public static LoadedPlugins load(
      Optional<Path> folder, List<CustomProtocolSubsystem> protocols, List<RpcHandler> handlers) {
    Optional<Path> absolute = folder.map(given -> given.toAbsolutePath().normalize());
    List<Path> jars = new ArrayList<>();
    List<String> ignored = new ArrayList<>();
    Optional<String> problem = absolute.flatMap(path -> list(path, jars, ignored));

    List<Found> all = new ArrayList<>();
    if (!protocols.isEmpty() || !handlers.isEmpty()) {
      all.add(program(protocols, handlers));
    }
    SharedClassLoader shared = new SharedClassLoader(PluginLoader.class.getClassLoader());
    jars.forEach(jar -> all.add(load(jar, shared)));
    Map<String, String> duplicates = duplicates(all);
    Map<String, PluginProtocol> foundProtocols = new TreeMap<>();
    Map<String, LoadedHandler> foundHandlers = new TreeMap<>();
    for (Found found : all) {
      for (PluginProtocol protocol : found.protocols()) {
        if (!duplicates.containsKey(protocol.name())) {
          foundProtocols.put(protocol.name(), protocol);
        }
      }
      for (LoadedHandler handler : found.handlers()) {
        if (!duplicates.containsKey(handler.name())) {
          foundHandlers.put(handler.name(), handler);
        }
      }
    }
    List<LoadReport.Jar> reported = all.stream().map(f -> f.without(duplicates)).toList();
    return new LoadedPlugins(
        new LoadReport(absolute, problem, reported, ignored), foundProtocols, foundHandlers);
  }

  private static Found program(List<CustomProtocolSubsystem> protocols, List<RpcHandler> handlers) {
    Providers found = new Providers();
    for (CustomProtocolSubsystem protocol : protocols) {
      found.addProtocol(protocol.getClass().getName(), readerOf(protocol).protocol(protocol));
    }
    for (RpcHandler handler : handlers) {
      found.addHandler(handler.getClass().getName(), readerOf(handler).handler(handler));
    }
    // It was linked against the contracts that it runs with.
    return found.report(
        new LoadReport.Jar(
            PROGRAM,
            Optional.empty(),
            Optional.of(ApiVersion.CURRENT.toString()),
            Optional.empty(),
            List.of(),
            List.of()));
  }

  private static ProviderReader readerOf(Object provider) {
    Class<?> type = provider.getClass();
    return new ProviderReader(
        PROGRAM,
        Optional.ofNullable(type.getPackage().getImplementationVersion()),
        type.getClassLoader());
  }

  private static Optional<String> list(Path folder, List<Path> jars, List<String> ignored) {
    if (!Files.exists(folder)) {
      return Optional.of("there is no such folder");
    }
    if (!Files.isDirectory(folder)) {
      return Optional.of("this is no folder");
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted(Comparator.comparing(PluginLoader::name)).toList()) {
        String name = name(file);
        if (Files.isDirectory(file)) {
          ignored.add(name + "/");
        } else if (name.endsWith(JAR) && !name.startsWith(".")) {
          // A name that starts with a dot is some tool's: an upload half done, a Mac's shadow file.
          jars.add(file);
        } else {
          ignored.add(name);
        }
      }
      return Optional.empty();
    } catch (IOException | UncheckedIOException e) {
      return Optional.of("it can't be read: " + Reasons.of(e));
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static Found load(Path file, SharedClassLoader shared) {
    JarContents jar;
    try {
      jar = JarContents.read(file);
    } catch (IOException | RuntimeException e) {
      // The JDK answers a broken archive or signature in more than one way.
      String reason = "it is no readable jar: " + Reasons.of(e);
      return new Found(
          List.of(),
          List.of(),
          new LoadReport.Jar(
              name(file),
              Optional.empty(),
              Optional.empty(),
              Optional.of(reason),
              List.of(),
              List.of()));
    }
    Optional<String> refused = refused(jar);
    Providers found = new Providers();
    if (refused.isEmpty()) {
      ProviderReader reader =
          new ProviderReader(jar.fileName(), jar.version(), new PluginClassLoader(jar, shared));
      for (String className : jar.providers(CustomProtocolSubsystem.class)) {
        found.addProtocol(className, reader.protocol(className));
      }
      for (String className : jar.providers(RpcHandler.class)) {
        found.addHandler(className, reader.handler(className));
      }
    }
    return found.report(
        new LoadReport.Jar(
            jar.fileName(),
            jar.version().map(Reasons::line),
            jar.attribute(ApiVersion.MANIFEST_ATTRIBUTE).map(Reasons::line),
            refused,
            List.of(),
            notes(jar)));
  }

  /** What was read of one place, as it comes. */
  private static final class Providers {

    private final List<PluginProtocol> protocols = new ArrayList<>();
    private final List<LoadedHandler> handlers = new ArrayList<>();
    private final List<LoadReport.Provider> reported = new ArrayList<>();

    void addProtocol(String className, ProviderReader.Result<PluginProtocol> result) {
      result.found().ifPresent(protocols::add);
      report(Kind.PROTOCOL, className, result);
    }

    void addHandler(String className, ProviderReader.Result<LoadedHandler> result) {
      result.found().ifPresent(handlers::add);
      report(Kind.HANDLER, className, result);
    }

    private void report(Kind kind, String className, ProviderReader.Result<?> result) {
      reported.add(
          new LoadReport.Provider(kind, Reasons.line(className), result.name(), result.refused()));
    }

    Found report(LoadReport.Jar place) {
      return new Found(protocols, handlers, place.with(reported));
    }
  }

  private static Optional<String> refused(JarContents jar) {
    Optional<String> forbidden = jar.forbiddenClass();
    if (forbidden.isPresent()) {
      return Optional.of(
          "it holds "
              + Reasons.line(forbidden.get())
              + ", which the node brings: build it with that dependency in scope 'provided'");
    }
    if (jar.providers(CustomProtocolSubsystem.class).isEmpty()
        && jar.providers(RpcHandler.class).isEmpty()) {
      // No plug-in at all, so that it need not say which version it was built for.
      return Optional.empty();
    }
    Optional<String> named = jar.attribute(ApiVersion.MANIFEST_ATTRIBUTE);
    if (named.isEmpty()) {
      return Optional.of(
          "its manifest does not say which version of the contracts it was built for: add '"
              + ApiVersion.MANIFEST_ATTRIBUTE
              + ": "
              + ApiVersion.CURRENT
              + "'");
    }
    Optional<ApiVersion> built = ApiVersion.parse(named.get());
    if (built.isEmpty()) {
      return Optional.of(
          ApiVersion.MANIFEST_ATTRIBUTE
              + " is '"
              + Reasons.line(named.get())
              + "'; it has the form major.minor, such as "
              + ApiVersion.CURRENT);
    }
    if (!ApiVersion.CURRENT.serves(built.get())) {
      return Optional.of(
          "it was built for version "
              + built.get()
              + " of the contracts; this node serves "
              + served(ApiVersion.CURRENT));
    }
    return Optional.empty();
  }

  private static String served(ApiVersion current) {
    String first = current.major() + ".0";
    return current.minor() == 0 ? first : first + " to " + current;
  }

  private static List<String> notes(JarContents jar) {
    return jar.attribute("Class-Path").isEmpty()
        ? List.of()
        : List.of("the Class-Path of its manifest is not followed");
  }

  /** For each name that was provided more than once, who did; the two kinds share no name. */
  private static Map<String, String> duplicates(List<Found> all) {
    Map<String, List<String>> byName = new LinkedHashMap<>();
    for (Found found : all) {
      for (PluginProtocol protocol : found.protocols()) {
        byName.computeIfAbsent(protocol.name(), n -> new ArrayList<>()).add(protocol.jar());
      }
      for (LoadedHandler handler : found.handlers()) {
        byName.computeIfAbsent(handler.name(), n -> new ArrayList<>()).add(handler.jar());
      }
    }
    return byName.entrySet().stream()
        .filter(entry -> entry.getValue().size() > 1)
        .collect(
            Collectors.toMap(Map.Entry::getKey, entry -> String.join(" and ", entry.getValue())));
  }

  /** What a jar has before duplicates are known, and its part of the report. */
  private record Found(
      List<PluginProtocol> protocols, List<LoadedHandler> handlers, LoadReport.Jar report) {

    LoadReport.Jar without(Map<String, String> duplicates) {
      List<LoadReport.Provider> providers =
          report.providers().stream()
              .map(
                  provider ->
                      provider
                          .name()
                          .filter(name -> provider.refused().isEmpty())
                          .map(duplicates::get)
                          .map(
                              jars ->
                                  new LoadReport.Provider(
                                      provider.kind(),
                                      provider.className(),
                                      provider.name(),
                                      Optional.of(
                                          "this name is provided by " + jars + "; keep one")))
                          .orElse(provider))
              .toList();
      return report.with(providers);
    }
  }
}
