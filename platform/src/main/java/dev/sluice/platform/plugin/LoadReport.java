// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was found in the plug-in folder, what was refused and why. Nothing but text, so that it may
 * be kept for as long as one likes.
 *
 * @param folder where was looked; empty where a program that runs the node gave all there is
 * @param problem why the folder as a whole can't be used
 * @param jars each jar, in the order of names
 * @param ignored what else lies in the folder, in the order of names
 */
public record LoadReport(
    Optional<Path> folder, Optional<String> problem, List<Jar> jars, List<String> ignored) {

  /** Keeps the lists from changing. */
  public LoadReport {
    jars = List.copyOf(jars);
    ignored = List.copyOf(ignored);
  }

  /**
   * A jar of the folder.
   *
   * @param file its name
   * @param version its {@code Implementation-Version}
   * @param apiVersion its {@code Sluice-Api-Version}, as it stands there
   * @param refused why nothing in it was even tried
   * @param providers what it declares, in its order
   * @param notes what its author may want to know
   */
  public record Jar(
      String file,
      Optional<String> version,
      Optional<String> apiVersion,
      Optional<String> refused,
      List<Provider> providers,
      List<String> notes) {

    /** Keeps the lists from changing. */
    public Jar {
      providers = List.copyOf(providers);
      notes = List.copyOf(notes);
    }

    private List<String> errors() {
      List<String> errors = new ArrayList<>();
      for (Provider provider : providers) {
        provider
            .refused()
            .ifPresent(
                reason ->
                    errors.add(
                        provider.name().orElse(provider.className())
                            + " of "
                            + file
                            + " is refused: "
                            + reason));
      }
      return errors;
    }

    Jar with(List<Provider> others) {
      return new Jar(file, version, apiVersion, refused, others, notes);
    }
  }

  /** What providers provide. */
  public enum Kind {
    /** A {@link dev.sluice.api.CustomProtocolSubsystem}, named in upper case. */
    PROTOCOL,
    /** A {@link dev.sluice.api.rpc.RpcHandler}, named in lower case. */
    HANDLER
  }

  /**
   * A provider that a jar declares.
   *
   * @param kind what it is
   * @param className as it is declared
   * @param name that it gives itself; empty if it never got so far
   * @param refused why it is not served; empty if it is
   */
  public record Provider(
      Kind kind, String className, Optional<String> name, Optional<String> refused) {}

  /**
   * Whether anything was refused or the folder can't be used.
   *
   * @return {@code true} if an operator has something to put right
   */
  public boolean hasErrors() {
    return problem.isPresent()
        || jars.stream()
            .anyMatch(
                jar ->
                    jar.refused().isPresent()
                        || jar.providers().stream().anyMatch(p -> p.refused().isPresent()));
  }

  /**
   * The report for a reader: a heading, then aligned columns, a line for each provider and for each
   * jar that has none.
   *
   * @return lines without line ends
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(heading());
    TextTable table = new TextTable("  ");
    jars.forEach(jar -> addRows(jar, table));
    lines.addAll(table.lines());
    if (!ignored.isEmpty()) {
      lines.add("  not looked at: " + String.join(", ", ignored));
    }
    return lines;
  }

  /**
   * Only what was refused, and why the folder can't be used.
   *
   * @return lines without line ends, each a sentence of its own; empty if nothing is wrong
   */
  public List<String> errors() {
    List<String> errors = new ArrayList<>();
    problem.ifPresent(text -> errors.add(inFolder(text)));
    for (Jar jar : jars) {
      jar.refused().ifPresent(reason -> errors.add(jar.file() + " is refused: " + reason));
      errors.addAll(jar.errors());
    }
    return errors;
  }

  /**
   * Only what was refused of what a program gave itself, and so can put right itself.
   *
   * @return lines without line ends, each a sentence of its own; empty if nothing is wrong
   */
  public List<String> errorsOfTheProgram() {
    return jars.stream()
        .filter(jar -> jar.file().equals(PluginLoader.PROGRAM))
        .flatMap(jar -> jar.errors().stream())
        .toList();
  }

  private String heading() {
    if (problem.isPresent()) {
      return inFolder(problem.get());
    }
    if (jars.isEmpty()) {
      return inFolder("no jar in it, so that there is no protocol to serve");
    }
    String text = counted(jars.size(), "jar") + ", " + counted(served(Kind.PROTOCOL), "protocol");
    long applications = served(Kind.HANDLER);
    return inFolder(applications == 0 ? text : text + ", " + counted(applications, "application"));
  }

  private long served(Kind kind) {
    return jars.stream()
        .flatMap(jar -> jar.providers().stream())
        .filter(provider -> provider.kind() == kind && provider.refused().isEmpty())
        .count();
  }

  private String inFolder(String text) {
    return "plug-ins in " + place() + ": " + text;
  }

  /** Where names are known from, for a sentence. */
  String place() {
    return folder.map(Path::toString).orElse(PluginLoader.PROGRAM);
  }

  private static String counted(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }

  private static void addRows(Jar jar, TextTable table) {
    String notes = jar.notes().isEmpty() ? "" : " (" + String.join("; ", jar.notes()) + ")";
    if (jar.refused().isPresent()) {
      row(jar, table, "REFUSED", jar.refused().get() + notes);
    } else if (jar.providers().isEmpty()) {
      row(
          jar,
          table,
          "nothing",
          "provides neither protocol nor application; a library belongs into the jar that uses it"
              + notes);
    }
    for (Provider provider : jar.providers()) {
      String named = provider.name().map(name -> name + " by ").orElse("") + provider.className();
      if (provider.refused().isPresent()) {
        row(jar, table, "REFUSED", named + ": " + provider.refused().get() + notes);
      } else {
        row(jar, table, "serves", named + notes);
      }
    }
  }

  private static void row(Jar jar, TextTable table, String outcome, String text) {
    table.row(
        jar.file(),
        jar.version().orElse("-"),
        "api " + jar.apiVersion().orElse("-"),
        outcome,
        text);
  }
}
