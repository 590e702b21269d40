// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The protocols of one interface, in the order in which they are preferred, and how a connection's
 * is found: under TLS by ALPN, else by detectors, and where neither tells it is the default.
 * Immutable.
 */
public final class ProtocolChoice {

  private final List<Protocol> all;
  private final Protocol fallback;
  private final @Nullable Protocol only;
  private final Map<String, Protocol> byAlpn = new LinkedHashMap<>();
  private final List<String> alpn;
  private final List<Protocol> detecting;
  private final int headBytes;
  private final String names;

  private ProtocolChoice(List<Protocol> all, Protocol fallback) {
    this.all = List.copyOf(all);
    this.fallback = fallback;
    if (!this.all.contains(fallback)) {
      throw new IllegalArgumentException("the default, " + fallback.name() + ", is not served");
    }
    this.only = all.size() == 1 ? fallback : null;
    for (Protocol protocol : this.all) {
      for (String name : protocol.alpn()) {
        byAlpn.putIfAbsent(name, protocol);
      }
    }
    this.alpn = List.copyOf(byAlpn.keySet());
    this.detecting = detecting(this.all, fallback);
    this.headBytes = detecting.stream().mapToInt(Protocol::detectorBytes).max().orElse(0);
    this.names = all.stream().map(Protocol::name).collect(Collectors.joining(", "));
  }

  /** Without those at the end whose answer would change nothing. */
  private static List<Protocol> detecting(List<Protocol> all, Protocol fallback) {
    List<Protocol> asked = new ArrayList<>(all);
    asked.removeIf(protocol -> protocol.detector() == null);
    while (!asked.isEmpty() && asked.get(asked.size() - 1).equals(fallback)) {
      asked.remove(asked.size() - 1);
    }
    return List.copyOf(asked);
  }

  /**
   * One protocol, which every connection is served by.
   *
   * @param protocol with its settings
   * @return no choice
   */
  public static ProtocolChoice only(Protocol protocol) {
    return new ProtocolChoice(List.of(protocol), protocol);
  }

  /**
   * Several protocols on one port.
   *
   * @param inOrder the preferred one first, each with its settings; an ALPN name that two have is
   *     the first one's
   * @param fallback one of them: serves clients that neither ALPN nor a detector knows
   * @return the choice
   * @throws IllegalArgumentException if the default is none of them
   */
  public static ProtocolChoice of(List<Protocol> inOrder, Protocol fallback) {
    return new ProtocolChoice(inOrder, fallback);
  }

  /**
   * All of them.
   *
   * @return the preferred one first
   */
  public List<Protocol> all() {
    return all;
  }

  /**
   * The default.
   *
   * @return serves clients that neither ALPN nor a detector knows
   */
  public Protocol fallback() {
    return fallback;
  }

  /**
   * The ALPN names of all of them.
   *
   * @return the preferred one first; empty: ALPN is ignored
   */
  public List<String> alpn() {
    return alpn;
  }

  /**
   * For a reader.
   *
   * @return the names of all, with commas
   */
  public String names() {
    return names;
  }

  /** Null where there is a choice. */
  @Nullable Protocol only() {
    return only;
  }

  /** After the handshake, with the name that TLS has agreed on. */
  Protocol negotiated(Optional<String> name) {
    return name.map(byAlpn::get).orElse(fallback);
  }

  /** Those whose detectors are asked, in this order. */
  List<Protocol> detecting() {
    return detecting;
  }

  /** The most bytes that any detector needs. */
  int headBytes() {
    return headBytes;
  }

  @Override
  public String toString() {
    return names;
  }
}
