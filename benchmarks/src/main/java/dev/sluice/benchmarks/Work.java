// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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
  /** GET /hello with the head that a browser sends, some 700 bytes. */
  HTTP_BROWSER("http-browser", false, 64, 0, "request"),
  /** A request for one of 200 routes, with two parameters in its path. */
  HTTP_ROUTE("http-route", false, 64, 0, "request"),
  /** GET /workers, answered by a handler on the pool of those that compute for long. */
  HTTP_WORKERS("http-workers", false, 64, 0, "request"),
  /** GET /hello, plaintext, asked by wrk of a port that HTTP/2 and HTTP/1.1 share. */
  WRK_HELLO(Tool.WRK, "/hello", false, 64, 1, 0, "request"),
  /** The same over TLS. */
  WRK_HTTPS_HELLO(Tool.WRK, "/hello", true, 64, 1, 0, "request"),
  /** A MiB down over TLS, asked by wrk of such a port. */
  WRK_HTTPS_DOWN(Tool.WRK, "/bytes/1048576", true, 8, 1, 1 << 20, "MiB"),
  /** GET /hello by HTTP/2 over TLS, asked by h2load of such a port. */
  H2LOAD_HELLO(Tool.H2LOAD, "/hello", true, 16, 32, 0, "request"),
  /** A MiB down by HTTP/2 over TLS, asked by h2load of such a port. */
  H2LOAD_DOWN(Tool.H2LOAD, "/bytes/1048576", true, 8, 4, 1 << 20, "MiB"),
  /** SETs of 100 bytes, then as many GETs, one at a time, asked by redis-benchmark. */
  REDIS(Tool.REDIS_BENCHMARK, "", false, 64, 1, 0, "command"),
  /** The same, 16 at a time on each connection. */
  REDIS_PIPELINE(Tool.REDIS_BENCHMARK, "", false, 64, 16, 0, "command"),
  /** TLS connections that do nothing: memory, not CPU. */
  IDLE("idle", true, 10_000, 0, "connection");

  private static final double MEBIBYTE = 1024 * 1024;

  private final @Nullable Tool tool;
  private final String path;
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
    this(null, "", mode, secure, connections, streams, size, unit);
  }

  Work(
      Tool tool, String path, boolean secure, int connections, int streams, int size, String unit) {
    this(tool, path, tool.mode(), secure, connections, streams, size, unit);
  }

  Work(
      @Nullable Tool tool,
      String path,
      String mode,
      boolean secure,
      int connections,
      int streams,
      int size,
      String unit) {
    this.tool = tool;
    this.path = path;
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

  /** Whether commands of Redis are what is sent. */
  boolean redis() {
    return mode.equals("redis");
  }

  /** The client, where it is not our own. */
  @Nullable Tool tool() {
    return tool;
  }

  /** What such a client asks for. */
  String path() {
    return path;
  }

  int connections() {
    return connections;
  }

  /** At a time on each connection. */
  int streams() {
    return streams;
  }

  /** Of an answer's body, where that is what is measured. */
  int size() {
    return size;
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
