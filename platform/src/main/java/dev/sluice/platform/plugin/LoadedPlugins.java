// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import dev.sluice.platform.config.Suggestion;
import dev.sluice.platform.plugin.LoadReport.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The protocols of a plug-in folder, until closed. Safe to use from any thread. */
public final class LoadedPlugins implements AutoCloseable {

  private final LoadReport report;

  /** Volatile, since whoever closes need not be who looks up. Never changed in place. */
  private volatile SortedMap<String, PluginProtocol> protocols;

  private volatile SortedMap<String, LoadedHandler> handlers;

  LoadedPlugins(
      LoadReport report,
      Map<String, PluginProtocol> protocols,
      Map<String, LoadedHandler> handlers) {
    this.report = report;
    this.protocols = new TreeMap<>(protocols);
    this.handlers = new TreeMap<>(handlers);
  }

  /**
   * What was found, and what was refused and why.
   *
   * @return stays after the close
   */
  public LoadReport report() {
    return report;
  }

  /**
   * The protocols that can be served.
   *
   * @return by name, in the order of names; empty once closed
   */
  public SortedMap<String, PluginProtocol> protocols() {
    return Collections.unmodifiableSortedMap(protocols);
  }

  /**
   * The applications that can be served.
   *
   * @return by name, in the order of names; empty once closed
   */
  public SortedMap<String, LoadedHandler> handlers() {
    return Collections.unmodifiableSortedMap(handlers);
  }

  /**
   * One protocol.
   *
   * @param name as in {@code app_protocol}
   * @return empty: there is none, see {@link #whyMissing}
   */
  public Optional<PluginProtocol> protocol(String name) {
    return Optional.ofNullable(protocols.get(name));
  }

  /**
   * What to tell an operator who asked for a protocol that is not here.
   *
   * @param name as in {@code app_protocol}
   * @return one line that says what was wrong with it, or which names are known
   */
  public String whyMissing(String name) {
    return whyMissing(Kind.PROTOCOL, "protocol", name, protocols.keySet());
  }

  /**
   * What to tell an operator who asked for an application that is not here.
   *
   * @param name as in {@code handlers}
   * @return one line that says what was wrong with it, or which names are known
   */
  public String whyMissingHandler(String name) {
    return whyMissing(Kind.HANDLER, "application", name, handlers.keySet());
  }

  private String whyMissing(Kind kind, String noun, String name, Set<String> names) {
    List<String> refusals = new ArrayList<>();
    for (LoadReport.Jar jar : report.jars()) {
      for (LoadReport.Provider provider : jar.providers()) {
        if (provider.kind() == kind && provider.name().filter(name::equals).isPresent()) {
          provider.refused().ifPresent(r -> refusals.add(jar.file() + " (" + r + ")"));
        }
      }
    }
    if (!refusals.isEmpty()) {
      return noun + " '" + name + "' was refused: " + String.join(", ", refusals);
    }
    List<String> known = List.copyOf(names);
    StringBuilder text =
        new StringBuilder("no ").append(noun).append(" is named '").append(name).append("'");
    Suggestion.of(name, known)
        .ifPresent(candidate -> text.append(", did you mean ").append(candidate).append('?'));
    text.append("; known in ").append(report.place()).append(": ");
    text.append(known.isEmpty() ? report.problem().orElse("none") : String.join(", ", known));
    if (report.hasErrors() && report.problem().isEmpty()) {
      text.append(" (others were refused, see the load report)");
    }
    return text.toString();
  }

  /**
   * Lets go of every provider, so that the jars' classes can be collected once nobody else holds
   * them. The jars' files were closed when they had been read. Call this after all of them have
   * been stopped; a second call does nothing.
   */
  @Override
  public void close() {
    protocols = new TreeMap<>();
    handlers = new TreeMap<>();
  }
}
