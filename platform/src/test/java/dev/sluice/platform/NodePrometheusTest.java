// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.operator.Scraped;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dashboards and alerts hang on every name, label and word of what a scraper gets. */
class NodePrometheusTest {

  /** Values and labels that differ from run to run, or from machine to machine. */
  private static final Pattern VARYING =
      Pattern.compile(
          "(?m)(?<=negotiated=\")[^\"]+"
              + "|(?<=^sluice_(loop_\\w{1,40}|certificate_expiry_days)\\{\\w{1,40}=\"\\w{1,40}\"} ).+$");

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void build() {
    house = new NodeHouse(folder);
  }

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void everyFigureOfTheNodeKeepsItsNameItsHelpItsTypeAndItsLabels() throws Exception {
    DevelopmentCertificate certificate = house.certificate();
    house
        .plugin("PROBE")
        .serve("plain", "PROBE", "max_open_sessions_soft: 3", "max_open_sessions_hard: 4")
        .serve("secured", "PROBE", "endorsement: { authority: service }");
    NodePlan plan = house.plan();
    Node node = house.start(plan);
    try (Scraped scraped = new Scraped(new OperatedView(node, plan, node.manager().transport()))) {
      // Tables have their rows from the first scrape that finds them.
      assertThat(ours(scraped.text("text/plain"))).doesNotContain("sluice_connections_closed");
      talk(Client.plain(node.addresses().get("plain")));
      talk(Client.tls(node.addresses().get("secured"), Client.trusting(certificate.certificate())));
      for (String name : new String[] {"plain", "secured"}) {
        Waiting.until(
            name + " has ended", () -> node.metrics().get(name).snapshot().closes().size() == 1);
      }

      assertThat(ours(scraped.text("text/plain"))).isEqualTo(expected("prometheus.txt"));
      assertThat(ours(scraped.text("application/openmetrics-text")))
          .isEqualTo(expected("openmetrics.txt"));
    } finally {
      node.stop();
    }
  }

  private static void talk(Client client) throws IOException {
    try (client) {
      assertThat(client.ask("hello")).isEqualTo("hello");
      client.say("close");
      assertThat(client.end()).isEqualTo("end of stream");
    }
  }

  private static String ours(String scraped) {
    return VARYING
        .matcher(
            scraped
                .lines()
                .filter(line -> line.contains("sluice_"))
                .collect(Collectors.joining("\n", "", "\n")))
        .replaceAll("*");
  }

  private static String expected(String resource) throws IOException {
    try (InputStream in = NodePrometheusTest.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
