// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Writes the configuration of a node that serves one thing on every carrier that is wanted. */
final class NodeText {

  static final String PLAIN = "plain";
  static final String TLS = "tls";
  static final String MUTUAL_TLS = "mutual_tls";
  static final String UDP = "udp";

  private static final String HTTP = "[HTTP2, HTTP1]";

  /** Unless the test says otherwise; few threads, and an end that is not waited for long. */
  private static final List<String> NODE =
      List.of(
          "strict: true",
          "event_loop_threads: 2",
          "worker_threads: 4",
          "drain_delay: 0s",
          "drain_timeout: 2s");

  private final Set<String> streams = new LinkedHashSet<>(List.of(PLAIN));
  private final List<String> interfaceLines = new ArrayList<>();
  private final List<String> nodeLines = new ArrayList<>();
  private final List<String> settings = new ArrayList<>();

  void stream(String carrier) {
    streams.add(carrier);
  }

  void interfaceSettings(String yaml) {
    yaml.lines().forEach(interfaceLines::add);
  }

  void nodeSettings(String yaml) {
    yaml.lines().forEach(nodeLines::add);
  }

  void settings(String yaml) {
    yaml.lines().forEach(settings::add);
  }

  /** For an application, which HTTP's protocols serve. */
  String ofApplication(String name) {
    StringBuilder text = begin();
    streams.forEach(carrier -> addInterface(text, carrier, HTTP, List.of()));
    if (!settings.isEmpty()) {
      text.append("applications:\n  ").append(name).append(":\n");
      add(text, "    ", settings);
    }
    return end(text);
  }

  /** For a protocol. */
  String ofProtocol(String name, boolean tcp, boolean udp) {
    StringBuilder text = begin();
    if (tcp) {
      streams.forEach(carrier -> addInterface(text, carrier, name, settings));
    }
    if (udp) {
      addInterface(text, UDP, name, settings);
    }
    return end(text);
  }

  private static StringBuilder begin() {
    return new StringBuilder("network:\n  rpc_interfaces:\n");
  }

  private void addInterface(
      StringBuilder text, String carrier, String protocol, List<String> protocolSettings) {
    text.append("    ").append(carrier).append(":\n");
    List<String> lines = new ArrayList<>();
    lines.add("bind_address: \"127.0.0.1:0\"");
    lines.add("app_protocol: " + protocol);
    switch (carrier) {
      case TLS -> lines.add("endorsement: { authority: test }");
      case MUTUAL_TLS -> {
        lines.add("endorsement: { authority: test }");
        lines.add("client_authentication: require");
        lines.add("trusted_ca_file: " + TestCertificates.CLIENT);
      }
      case UDP -> lines.add("protocol: udp");
      default -> {}
    }
    add(text, "      ", lines);
    add(text, "      ", interfaceLines);
    if (!protocolSettings.isEmpty()) {
      text.append("      protocol_config:\n");
      add(text, "        ", protocolSettings);
    }
  }

  private String end(StringBuilder text) {
    if (streams.contains(TLS) || streams.contains(MUTUAL_TLS)) {
      text.append("certificates:\n  test: { cert_file: ")
          .append(TestCertificates.NODE)
          .append(", key_file: ")
          .append(TestCertificates.NODE_KEY)
          .append(" }\n");
    }
    for (String line : NODE) {
      Pattern key =
          Pattern.compile(Pattern.quote(line.substring(0, line.indexOf(':'))) + "\\s*:.*");
      if (nodeLines.stream().noneMatch(own -> key.matcher(own).matches())) {
        text.append(line).append('\n');
      }
    }
    add(text, "", nodeLines);
    return text.toString();
  }

  private static void add(StringBuilder text, String indent, List<String> lines) {
    lines.forEach(line -> text.append(indent).append(line).append('\n'));
  }
}
