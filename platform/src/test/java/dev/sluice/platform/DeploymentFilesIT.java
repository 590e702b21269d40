// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.platform.Distribution.Run;
import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.config.NodeConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The deployment files of the distribution agree with the node, and with each other. */
class DeploymentFilesIT {

  private static final Path DEPLOY = Distribution.HOME.resolve("deploy");

  /** What a stop may take beside the two configured times: aborts, the operator's end, threads. */
  private static final Duration REST = Duration.ofSeconds(20);

  @TempDir Path folder;

  @Test
  void everyFileGivesAStopTheSameTimeAndItIsEnough() throws Exception {
    NodeConfiguration deployed = configured();
    Duration whole = deployed.drainDelay().plus(deployed.drainTimeout()).plus(REST);

    assertThat(number("sluice.service", "TimeoutStopSec=(\\d+)\n")).isEqualTo(whole.toSeconds());
    assertThat(number("Dockerfile", "--stop-timeout (\\d+) ")).isEqualTo(whole.toSeconds());
    assertThat(podSpec().get("terminationGracePeriodSeconds")).isEqualTo((int) whole.toSeconds());
    String told =
        "drain_delay (%ds) + drain_timeout (%ds) + %ds for the rest"
            .formatted(
                deployed.drainDelay().toSeconds(),
                deployed.drainTimeout().toSeconds(),
                REST.toSeconds());
    for (String file : List.of("sluice.service", "Dockerfile", "kubernetes.yaml")) {
      assertThat(read(file)).as(file).contains(told);
    }
    // A configuration that says nothing of it is covered too.
    NodeConfiguration silent =
        ConfigurationLoader.parse(
                "silent",
                "network: { rpc_interfaces: { a: { bind_address: 'localhost:1', app_protocol: X } } }",
                folder,
                List.of())
            .config();
    assertThat(deployed.drainTimeout()).isEqualTo(silent.drainTimeout());
    assertThat(silent.drainDelay()).isLessThanOrEqualTo(deployed.drainDelay());
  }

  @Test
  void theNodeThatKubernetesRunsIsConfiguredAsItsProbesAndMountsSay() throws Exception {
    NodeConfiguration deployed = configured();
    Map<?, ?> container = container();
    Map<Object, Object> ports = new java.util.HashMap<>();
    list(container, "ports")
        .forEach(port -> ports.put(port.get("name"), port.get("containerPort")));
    deployed
        .network()
        .rpcInterfaces()
        .forEach(
            (name, each) ->
                assertThat(ports.get(name))
                    .isEqualTo(each.bindAddress().toSocketAddress().getPort()));
    for (String probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
      assertThat(map(map(container, probe), "httpGet").get("port")).isEqualTo("operator");
    }
    assertThat(deployed.network().rpcInterfaces().get("operator").handlers())
        .contains(List.of("node"));
    // The balancer has seen it before the node stops to accept.
    Map<?, ?> readiness = map(container, "readinessProbe");
    int notices = (int) readiness.get("periodSeconds") * (int) readiness.get("failureThreshold");
    assertThat(Duration.ofSeconds(notices)).isLessThan(deployed.drainDelay());
    List<Path> mounts =
        list(container, "volumeMounts").stream()
            .map(mount -> Path.of((String) mount.get("mountPath")))
            .toList();
    deployed
        .certificates()
        .values()
        .forEach(
            certificate ->
                assertThat(mounts).contains(certificate.certFile().orElseThrow().getParent()));
    assertThat(container.get("args")).isEqualTo(words("Dockerfile", "CMD (\\[.*])"));
  }

  @Test
  void theImageCopiesWhatThereIsAndRunsIt() throws Exception {
    List<String> copied = new ArrayList<>();
    for (MatchResult copy : matches("Dockerfile", "(?m)^COPY (\\S+) (\\S+)$")) {
      Path source = Distribution.HOME.resolve(copy.group(1));
      assertThat(source).exists();
      assertThat(Files.isDirectory(source)).isEqualTo(copy.group(1).endsWith("/"));
      copied.add(copy.group(1));
      assertThat(copy.group(2)).startsWith("/opt/sluice/");
    }
    assertThat(copied).contains("bin/", "lib/", "plugins/");
    assertThat(words("Dockerfile", "ENTRYPOINT (\\[.*])"))
        .isEqualTo(List.of("/opt/sluice/bin/sluice"));
    assertThat(read("Dockerfile"))
        .contains("\nSTOPSIGNAL SIGTERM\n")
        .containsPattern("\nUSER \\d+:");
    // The command, on what was copied.
    Run run = Distribution.end(folder, "run", "--config", folder.resolve("none.yaml").toString());
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void systemdTakesTheUnit() throws Exception {
    String unit = read("sluice.service").replace("/opt/sluice", Distribution.HOME.toString());
    Path file = Files.writeString(folder.resolve("sluice.service"), unit);
    List<String> command = List.of("systemd-analyze", "verify", file.toString());
    try (Run run = Distribution.run(folder, Map.of(), command)) {
      assertThat(run.awaitEnd()).as("%s", run).isZero();
      assertThat(run.err()).isEmpty();
    } catch (IOException e) {
      System.err.println("NOT TESTED with systemd-analyze, which is not on this machine: " + e);
      assumeThat(false).as("systemd-analyze is there").isTrue();
    }
  }

  private NodeConfiguration configured() throws IOException {
    String text = (String) map(document("ConfigMap"), "data").get("sluice.yaml");
    return ConfigurationLoader.parse("kubernetes.yaml", text, folder, List.of()).config();
  }

  private static Map<?, ?> podSpec() throws IOException {
    return map(map(map(document("Deployment"), "spec"), "template"), "spec");
  }

  private static Map<?, ?> container() throws IOException {
    return list(podSpec(), "containers").get(0);
  }

  private static Map<?, ?> document(String kind) throws IOException {
    for (Object each :
        new Load(LoadSettings.builder().build()).loadAllFromString(read("kubernetes.yaml"))) {
      if (each instanceof Map<?, ?> map && kind.equals(map.get("kind"))) {
        return map;
      }
    }
    throw new AssertionError("no " + kind);
  }

  private static Map<?, ?> map(Map<?, ?> in, String key) {
    return (Map<?, ?>) in.get(key);
  }

  private static List<? extends Map<?, ?>> list(Map<?, ?> in, String key) {
    return ((List<?>) in.get(key)).stream().map(each -> (Map<?, ?>) each).toList();
  }

  private static Object words(String file, String regex) throws IOException {
    return new Load(LoadSettings.builder().build())
        .loadFromString(matches(file, regex).get(0).group(1));
  }

  private static long number(String file, String regex) throws IOException {
    return Long.parseLong(matches(file, regex).get(0).group(1));
  }

  private static List<MatchResult> matches(String file, String regex) throws IOException {
    List<MatchResult> found = Pattern.compile(regex).matcher(read(file)).results().toList();
    assertThat(found).as(regex + " in " + file).isNotEmpty();
    return found;
  }

  private static String read(String file) throws IOException {
    return Files.readString(DEPLOY.resolve(file));
  }
}
