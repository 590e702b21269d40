// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.proxied;

import dev.sluice.protocol.http1.ToolServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A reverse proxy of the machine in front of a node, with kept connections to it. It gives each
 * request that it passes on an id of its own, in {@link #FIELD}, and writes down how it has read
 * it. It listens twice: one port reads a body whole before it passes the request on, the other
 * hands it on as it comes.
 */
final class Proxy implements AutoCloseable {

  /** Set by the proxy, whatever a client says in it. */
  static final String FIELD = "proxied-as";

  /** Requests on a connection: nginx ends it after a thousand else. */
  private static final int MANY = 1_000_000;

  /** What is tried. */
  enum Kind {
    NGINX("nginx"),
    HAPROXY("haproxy"),
    /** With the option that lets through what it would refuse. */
    LENIENT_HAPROXY("haproxy");

    final String tool;

    Kind(String tool) {
      this.tool = tool;
    }
  }

  /**
   * A request as the proxy has read it.
   *
   * @param status of the answer
   * @param passed whether it was handed on to the node
   * @param body empty where the proxy has not waited for it
   */
  record Line(
      String client,
      String id,
      int status,
      boolean passed,
      String method,
      String target,
      String body) {}

  private static final Pattern LINE =
      Pattern.compile(
          "(?m)^SEEN\t([^\t\n]*)\t([^\t\n]*)\t([^\t\n]*)\t([^\t\n]*)\t([^\t\n]*)\t([^\t\n]*)\t([^\t\n]*)$");

  private static final Pattern ESCAPED = Pattern.compile("\\\\x([0-9A-F]{2})");

  final int buffered;
  final int streaming;
  private final Kind kind;
  private final Path account;
  private final ToolServer process;

  /** Starts it. All of its files will be in the folder, which is its own. */
  Proxy(Kind kind, Path folder, int node) throws IOException {
    this.kind = kind;
    List<Integer> ports = ToolServer.freePorts(2);
    buffered = ports.get(0);
    streaming = ports.get(1);
    account = folder.resolve(kind == Kind.NGINX ? "account" : "output");
    Path configuration =
        Files.writeString(
            folder.resolve("proxy.conf"), kind == Kind.NGINX ? nginx(node) : haproxy(node));
    process =
        new ToolServer(
            streaming,
            folder.resolve("output"),
            kind == Kind.NGINX
                ? List.of(
                    "nginx",
                    "-p",
                    folder.toString(),
                    "-c",
                    configuration.toString(),
                    "-e",
                    "stderr")
                : List.of("haproxy", "-db", "-f", configuration.toString()));
  }

  private String nginx(int node) {
    return """
    daemon off;
    master_process off;
    pid nginx.pid;
    events {}
    http {
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      # What is not printable, tabs too, is written as \\xHH.
      log_format seen 'SEEN\t$remote_addr\t$request_id\t$status\t$upstream_addr\t'
                      '$request_method\t$request_uri\t$request_body';
      access_log account seen;
      upstream node {
        server 127.0.0.1:%1$d max_fails=0;
        keepalive 8;
        keepalive_requests %2$d;
      }
      keepalive_requests %2$d;
      keepalive_timeout 60s;
      client_body_buffer_size 64k;
      client_body_in_single_buffer on;
      ignore_invalid_headers off;
      underscores_in_headers on;
      merge_slashes off;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header %3$s $request_id;
      proxy_next_upstream off;
      proxy_ignore_client_abort on;
      server {
        listen 127.0.0.1:%4$d;
        location / { proxy_pass http://node; }
      }
      server {
        listen 127.0.0.1:%5$d;
        location / { proxy_request_buffering off; proxy_pass http://node; }
      }
    }
    """
        .formatted(node, MANY, FIELD, buffered, streaming);
  }

  private String haproxy(int node) {
    return """
    global
      maxconn 200
      nbthread 1
      log stdout len 65535 format raw local0
    defaults
      mode http
      log global
      timeout connect 20s
      timeout client 20s
      timeout server 20s
      timeout http-request 20s
      retries 0
      http-reuse always
      %1$s
      log-format "SEEN\t%%ci\t%%[var(txn.id)]\t%%ST\t%%s\t%%[var(txn.method)]\t%%[var(txn.target)]\t%%[var(txn.body)]"
    frontend buffered
      bind 127.0.0.1:%4$d
      option http-buffer-request
      http-request set-var(txn.body) req.body,bytes(0,4096),hex
      http-request set-var(txn.id) uuid()
      http-request set-var(txn.method) method,hex
      http-request set-var(txn.target) url,hex
      http-request set-header %3$s %%[var(txn.id)]
      default_backend node
    frontend streaming
      bind 127.0.0.1:%5$d
      http-request set-var(txn.id) uuid()
      http-request set-var(txn.method) method,hex
      http-request set-var(txn.target) url,hex
      http-request set-header %3$s %%[var(txn.id)]
      default_backend node
    backend node
      server node 127.0.0.1:%2$d
    """
        .formatted(
            kind == Kind.LENIENT_HAPROXY ? "option accept-invalid-http-request" : "",
            node,
            FIELD,
            buffered,
            streaming);
  }

  /** What it has passed on or refused until now, in the order in which that was over. */
  List<Line> lines() throws IOException {
    List<Line> lines = new ArrayList<>();
    Matcher line = LINE.matcher(Files.readString(account, StandardCharsets.ISO_8859_1));
    while (line.find()) {
      String server = line.group(4);
      lines.add(
          new Line(
              line.group(1),
              line.group(2),
              Integer.parseInt(line.group(3)),
              !server.equals("-") && !server.equals("<NOSRV>"),
              text(line.group(5)),
              text(line.group(6)),
              text(line.group(7))));
    }
    return lines;
  }

  private String text(String written) {
    if (written.equals("-")) {
      return "";
    }
    return kind == Kind.NGINX
        ? ESCAPED
            .matcher(written)
            .replaceAll(
                one ->
                    Matcher.quoteReplacement(
                        Character.toString(Integer.parseInt(one.group(1), 16))))
        : new String(HexFormat.of().parseHex(written), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    process.close();
  }
}
