// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The works that are measured, each chosen because another part of the path dominates it: system
 * calls, TLS records, bytes, connection set-up, and memory.
 */
enum Work {
  /** Ping-pong of 128 bytes, plaintext. */
  PLAIN_ECHO("echo", false, 64, 128, "echo"),
  /** Ping-pong of 128 bytes over TLS. */
  TLS_ECHO("echo", true, 64, 128, "echo"),
  /** Chunks of 64 KiB, as fast as they come back. */
  PLAIN_STREAM("stream", false, 4, 64 * 1024, "MiB"),
  /** The same over TLS. */
  TLS_STREAM("stream", true, 4, 64 * 1024, "MiB"),
  /** New TLS connections with one echo of 128 bytes each. */
  TLS_CONNECT("handshake", true, 16, 128, "connection"),
  /** Datagrams of 64 bytes from four ports, 32 on the way each. */
  UDP_ECHO("datagrams", false, 4, 64, "datagram"),
  /** GET /hello, plaintext, one request at a time. */
  HTTP_HELLO("http", false, 64, 0, "request"),
  /** The same over TLS. */
  HTTPS_HELLO("http", true, 64, 0, "request"),
  /** A MiB down over TLS. */
  HTTPS_DOWN("http-down", true, 8, 1 << 20, "MiB"),
  /** A MiB up over TLS. */
  HTTPS_UP("http-up", true, 8, 1 << 20, "MiB"),
  /** GET /hello by HTTP/2 over TLS, 32 requests at a time on each connection. */
  H2_HELLO("h2", 16, 32, 0, "request"),
  /** A MiB down by HTTP/2 over TLS, on each stream. */
  H2_DOWN("h2-down", 8, 4, 1 << 20, "MiB"),
  /** A MiB up by HTTP/2 over TLS, on each stream. */
  H2_UP("h2-up", 8, 4, 1 << 20, "MiB"),
  /** TLS connections that do nothing: memory, not CPU. */
  IDLE("idle", true, 10_000, 0, "connection");

  private static final double MEBIBYTE = 1024 * 1024;

  private final String mode;
  private final boolean secure;
  private final int connections;
  private final int streams;
  private final int size;
  private final String unit;

  Work(String mode, boolean secure, int connections, int size, String unit) {
    this(mode, secure, connections, 1, size, unit);
  }

  Work(String mode, int connections, int streams, int size, String unit) {
    this(mode, true, connections, streams, size, unit);
  }

  Work(String mode, boolean secure, int connections, int streams, int size, String unit) {
    this.mode = mode;
    this.secure = secure;
    this.connections = connections;
    this.streams = streams;
    this.size = size;
    this.unit = unit;
  }

  static Work of(String label) {
    return Arrays.stream(values())
        .filter(work -> work.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException("unknown work " + label + ", known are " + labels()));
  }

  static String labels() {
    return Arrays.stream(values()).map(Work::label).collect(Collectors.joining(","));
  }

  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether requests are what is sent, by HTTP/1.1. */
  boolean http() {
    return mode.startsWith("http");
  }

  /** Whether requests are what is sent, by HTTP/2. */
  boolean http2() {
    return mode.startsWith("h2");
  }

  /** Whether there are no streams. */
  boolean datagrams() {
    return mode.equals("datagrams");
  }

  /** Whether it is plain bytes that come back, so that a relay can stand between. */
  boolean relayed() {
    return !secure && (mode.equals("echo") || mode.equals("stream"));
  }

  boolean secure() {
    return secure;
  }

  /** What the cost is divided by. */
  String unit() {
    return unit;
  }

  double units(Tally tally) {
    return unit.equals("MiB") ? tally.bytes() / MEBIBYTE : tally.operations();
  }

  /** The options of {@link LoadClient} for this work. */
  List<String> clientOptions() {
    return List.of(
        "--mode", mode,
        "--tls", Boolean.toString(secure),
        "--connections", Integer.toString(connections),
        "--streams", Integer.toString(streams),
        "--size", Integer.toString(size));
  }
}
