// SPDX-License-Identifier: Apache-2.0
package dev.sluice.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.maven.artifact.Artifact;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugin.descriptor.PluginDescriptor;
import org.apache.maven.plugins.annotations.Execute;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.apache.maven.plugins.annotations.ResolutionScope;
import org.apache.maven.project.MavenProject;
import org.codehaus.plexus.util.xml.Xpp3Dom;

/**
 * Runs a node on the classes of this project, with its libraries as one plug-in, beside HTTP/1.1
 * and HTTP/2. The node starts anew when the compiled classes or the configuration change. Ctrl-C
 * ends it.
 */
@Mojo(name = "run", requiresDependencyResolution = ResolutionScope.RUNTIME)
@Execute(phase = LifecyclePhase.PROCESS_CLASSES)
public final class RunMojo extends AbstractMojo {

  /** What a node lends, and what its loader finds there first. */
  private static final Set<String> LENT =
      Set.of(
          "dev.sluice:sluice-api",
          "dev.sluice:sluice-protocol-http",
          "dev.sluice:sluice-session-netty",
          "org.slf4j:slf4j-api",
          "org.jspecify:jspecify");

  /** Plug-ins beside the project's, and on no class path for that. */
  private static final Set<String> COMPANIONS =
      Set.of("sluice-protocol-http1", "sluice-protocol-http2");

  @Parameter(defaultValue = "${project}", readonly = true, required = true)
  private MavenProject project;

  @Parameter(defaultValue = "${plugin}", readonly = true, required = true)
  private PluginDescriptor plugin;

  /** The configuration of the node. Its relative paths start at its folder. */
  @Parameter(property = "sluice.config", defaultValue = "${project.basedir}/sluice.yaml")
  private File config;

  /** Changes values of the configuration, each {@code key=value}, as {@code sluice run --set}. */
  @Parameter(property = "sluice.set")
  private List<String> set = List.of();

  /** How long open connections may finish what is in hand, before the node ends or starts anew. */
  @Parameter(property = "sluice.drainTimeout", defaultValue = "1s")
  private String drainTimeout;

  /** Further arguments for the Java that the node runs on. */
  @Parameter(property = "sluice.jvmArguments")
  private List<String> jvmArguments = List.of();

  /** For Maven. */
  public RunMojo() {}

  @Override
  public void execute() throws MojoExecutionException, MojoFailureException {
    ServedProject served = served();
    Optional<String> problem = served.problem();
    if (problem.isPresent()) {
      throw new MojoFailureException(problem.get());
    }
    RunLoop loop = new RunLoop(served, command(served), getLog()::info);
    Thread hook = new Thread(loop::end, "sluice-run-end");
    Runtime.getRuntime().addShutdownHook(hook);
    int status;
    try {
      status = loop.run();
    } catch (IOException e) {
      throw new MojoExecutionException("the node can't be started: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    } finally {
      loop.end();
      removeIfStillPossible(hook);
    }
    if (status != 0) {
      throw new MojoFailureException(
          (status == 2 ? "the configuration is wrong" : "the node ended with status " + status)
              + ": see what it said above, in the lines that begin with 'sluice:'");
    }
  }

  private static void removeIfStillPossible(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // By Ctrl-C: it runs already.
      return;
    }
  }

  private ServedProject served() {
    List<Path> libraries = new ArrayList<>();
    List<String> named = new ArrayList<>();
    for (Artifact artifact : project.getArtifacts()) {
      if (bundled(artifact)) {
        libraries.add(artifact.getFile().toPath());
        named.add(artifact.getArtifactId());
      }
    }
    Map<String, ?> plugins = project.getBuild().getPluginsAsMap();
    if (!named.isEmpty()
        && !plugins.containsKey("org.apache.maven.plugins:maven-shade-plugin")
        && !plugins.containsKey("org.apache.maven.plugins:maven-assembly-plugin")) {
      getLog()
          .warn(
              "The jar that Maven packages will not hold "
                  + String.join(", ", named)
                  + ": name maven-shade-plugin under <build><plugins>");
    }
    List<Path> companions =
        plugin.getArtifacts().stream()
            .filter(RunMojo::companion)
            .map(artifact -> artifact.getFile().toPath())
            .toList();
    Path target = Path.of(project.getBuild().getDirectory());
    return new ServedProject(
        project.getBuild().getFinalName(),
        project.getVersion(),
        manifestEntries(),
        Path.of(project.getBuild().getOutputDirectory()),
        libraries,
        config.toPath(),
        target.resolve("sluice-run"),
        companions);
  }

  private static boolean bundled(Artifact artifact) {
    boolean runtime =
        Artifact.SCOPE_COMPILE.equals(artifact.getScope())
            || Artifact.SCOPE_RUNTIME.equals(artifact.getScope());
    return runtime
        && artifact.getArtifactHandler().isAddedToClasspath()
        && !artifact.getGroupId().equals("io.netty")
        && !LENT.contains(artifact.getGroupId() + ":" + artifact.getArtifactId());
  }

  private static boolean companion(Artifact artifact) {
    return artifact.getGroupId().equals("dev.sluice")
        && COMPANIONS.contains(artifact.getArtifactId());
  }

  /** Those that maven-jar-plugin is told to write: the loader asks for one of them. */
  private Map<String, String> manifestEntries() {
    Map<String, String> entries = new LinkedHashMap<>();
    Xpp3Dom dom =
        project.getGoalConfiguration(
            "org.apache.maven.plugins", "maven-jar-plugin", "default-jar", "jar");
    for (String step : List.of("archive", "manifestEntries")) {
      dom = dom == null ? null : dom.getChild(step);
    }
    if (dom != null) {
      for (Xpp3Dom entry : dom.getChildren()) {
        if (entry.getValue() != null) {
          entries.put(entry.getName(), entry.getValue());
        }
      }
    }
    return entries;
  }

  private NodeProcess.Command command(ServedProject served) {
    List<Path> classPath =
        plugin.getArtifacts().stream()
            .filter(artifact -> !companion(artifact))
            .map(artifact -> artifact.getFile().toPath())
            .toList();
    List<String> arguments = new ArrayList<>();
    arguments.add("run");
    arguments.add("--config=" + served.configuration());
    arguments.add("--plugins-dir=" + served.plugins());
    arguments.add("--set=drain_timeout=" + drainTimeout);
    set.forEach(override -> arguments.add("--set=" + override));
    return new NodeProcess.Command(
        classPath, jvmArguments, arguments, ProcessBuilder.Redirect.INHERIT);
  }
}
