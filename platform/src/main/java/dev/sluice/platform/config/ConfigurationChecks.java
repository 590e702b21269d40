// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.Entry;
import dev.sluice.platform.config.ConfigNode.MapNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules between keys. They run on every record that could be bound, also where others could
 * not, so that a second run brings no new complaints.
 */
final class ConfigurationChecks {

  private final Marks marks;
  private final List<String> authorities;
  private final Problems problems;

  private ConfigurationChecks(ConfigNode root, Problems problems) {
    this.marks = new Marks(root);
    this.authorities = authorities(root);
    this.problems = problems;
  }

  static void run(ConfigNode root, Map<KeyPath, Record> bound, Problems problems) {
    ConfigurationChecks checks = new ConfigurationChecks(root, problems);
    Map<KeyPath, RpcInterface> interfaces = new LinkedHashMap<>();
    bound.forEach(
        (path, made) -> {
          if (made instanceof RpcInterface rpcInterface) {
            interfaces.put(path, rpcInterface);
          }
        });
    interfaces.forEach(checks::check);
    bound.forEach(
        (path, made) -> {
          if (made instanceof Certificate certificate) {
            checks.checkFiles(path, certificate);
          }
        });
    checks.checkAddresses(interfaces);
  }

  /** From the tree: a certificate that is wrong in itself is still known by name. */
  private static List<String> authorities(ConfigNode root) {
    List<String> names = new ArrayList<>();
    if (root instanceof MapNode top) {
      top.entry("certificates")
          .map(Entry::value)
          .filter(MapNode.class::isInstance)
          .map(MapNode.class::cast)
          .ifPresent(certificates -> names.addAll(certificates.entries().keySet()));
    }
    names.add(Endorsement.UNSECURED);
    return names;
  }

  private void check(KeyPath path, RpcInterface rpcInterface) {
    checkEndorsement(path.key("endorsement"), rpcInterface.endorsement());
    checkOrder(
        path,
        "max_open_sessions_soft",
        rpcInterface.maxOpenSessionsSoft(),
        "max_open_sessions_hard",
        rpcInterface.maxOpenSessionsHard());
    checkOrder(
        path,
        "outbound_high_mark",
        rpcInterface.outboundHighMark(),
        "outbound_connection_limit",
        rpcInterface.outboundConnectionLimit());
    checkClients(path, rpcInterface);
    checkCarrier(path, rpcInterface);
    new ProtocolChecks(marks, problems).check(path, rpcInterface);
  }

  private void checkCarrier(KeyPath path, RpcInterface rpcInterface) {
    boolean udp = rpcInterface.protocol() == InterfaceProtocol.UDP;
    KeyPath authority = path.key("endorsement").key("authority");
    KeyPath datagrams = path.key("datagram_configuration");
    if (udp && rpcInterface.endorsement().isSecured()) {
      problems.add(
          marks.problem(
              authority,
              Texts.quoted(rpcInterface.endorsement().defaultAuthority()),
              "unsecured, since there is no TLS on udp"));
    }
    if (!udp && marks.isGiven(datagrams)) {
      problems.add(marks.problem(datagrams, "a section", "no such key, unless protocol is udp"));
    }
  }

  private void checkEndorsement(KeyPath path, Endorsement endorsement) {
    List<String> names = endorsement.authority();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      KeyPath place = path.key("authority");
      if (names.size() > 1) {
        place = place.index(i);
      }
      if (!authorities.contains(name)) {
        problems.add(marks.problem(place, Texts.quoted(name), Texts.either(authorities)));
      } else if (name.equals(Endorsement.UNSECURED) && names.size() > 1) {
        problems.add(
            marks.problem(place, Texts.quoted(name), "names of certificates, or unsecured alone"));
      } else if (!seen.add(name)) {
        problems.add(marks.problem(place, Texts.quoted(name) + " again", "each name once"));
      }
    }
    if (!endorsement.isSecured() && endorsement.unknownServerName() == UnknownServerName.REFUSE) {
      problems.add(
          marks.problem(
              path.key("unknown_server_name"),
              "'refuse'",
              "default, since without TLS no client can ask for a name"));
    }
  }

  private void checkFiles(KeyPath path, Certificate certificate) {
    if (certificate.certFile().isPresent() != certificate.keyFile().isPresent()) {
      boolean keyLacks = certificate.certFile().isPresent();
      problems.add(
          marks.missing(
              path.key(keyLacks ? "key_file" : "cert_file"),
              "a path, since " + (keyLacks ? "cert_file" : "key_file") + " is given"));
    }
  }

  private <T extends Comparable<T>> void checkOrder(
      KeyPath path, String lowKey, T low, String highKey, T high) {
    if (low.compareTo(high) <= 0) {
      return;
    }
    KeyPath lowPath = path.key(lowKey);
    problems.add(
        marks.isGiven(lowPath)
            ? marks.problem(
                lowPath, Texts.quoted(low.toString()), "at most " + highKey + ", which is " + high)
            : marks.problem(
                path.key(highKey),
                Texts.quoted(high.toString()),
                "at least " + lowKey + ", which is " + low));
  }

  private void checkClients(KeyPath path, RpcInterface rpcInterface) {
    boolean required = rpcInterface.clientAuthentication() == ClientAuthentication.REQUIRE;
    KeyPath file = path.key("trusted_ca_file");
    if (required && !rpcInterface.endorsement().isSecured()) {
      problems.add(
          marks.problem(
              path.key("client_authentication"),
              "'require'",
              "none or request, since without TLS no client can show a certificate"));
    } else if (required && rpcInterface.trustedCaFile().isEmpty()) {
      problems.add(marks.missing(file, "a path, since client_authentication is require"));
    } else if (!required && rpcInterface.trustedCaFile().isPresent()) {
      problems.add(
          marks.problem(
              file, marks.shown(file), "no such key, unless client_authentication is require"));
    }
  }

  private void checkAddresses(Map<KeyPath, RpcInterface> interfaces) {
    Map<KeyPath, RpcInterface> earlier = new LinkedHashMap<>();
    interfaces.forEach(
        (path, rpcInterface) -> {
          earlier.forEach((otherPath, other) -> checkPair(path, rpcInterface, otherPath, other));
          earlier.put(path, rpcInterface);
        });
  }

  private void checkPair(
      KeyPath path, RpcInterface rpcInterface, KeyPath otherPath, RpcInterface other) {
    BindAddress address = rpcInterface.bindAddress();
    if (address.port() != 0
        && rpcInterface.protocol() == other.protocol()
        && address.sameAs(other.bindAddress())) {
      KeyPath otherKey = otherPath.key("bind_address");
      problems.add(
          marks.problem(
              path.key("bind_address"),
              Texts.quoted(address.toString()) + " as in " + marks.at(otherKey),
              "an address and port that no other interface has"));
    }
  }
}
