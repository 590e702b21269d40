// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.platform.Distribution.Run;
import dev.sluice.platform.Waiting.Side;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes behind a balancer, restarted one after the other under load: no client loses a request.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class RollingRestartIT {

  /** What the balancer asks the operator's interface of the nodes for. */
  private static final String READINESS = "/node/health/ready";

  private static final List<String> NAMES = List.of("one", "two");

  /** How long one run of a load goes on. */
  private static final int SECONDS = 2;

  @TempDir Path folder;
  private final List<Integer> ports = new ArrayList<>();
  private final List<Integer> operators = new ArrayList<>();
  private int balancer;
  private int statistics;

  @BeforeEach
  void tools() throws IOException {
    for (String tool : List.of("haproxy", "wrk", "h2load")) {
      boolean there =
          Stream.of(System.getenv("PATH").split(":"))
              .anyMatch(each -> Files.isExecutable(Path.of(each, tool)));
      if (!there) {
        System.err.println("NOT TESTED: a rolling restart, for want of " + tool);
      }
      assumeThat(there).as(tool).isTrue();
    }
    ports.addAll(List.of(NodeHouse.freePort(), NodeHouse.freePort()));
    operators.addAll(List.of(NodeHouse.freePort(), NodeHouse.freePort()));
    balancer = NodeHouse.freePort();
    statistics = NodeHouse.freePort();
  }

  @Test
  void noRequestFailsWhileEveryNodeIsRestarted() throws Exception {
    Path config = Files.writeString(folder.resolve("haproxy.cfg"), configuration());
    List<Run> nodes = new ArrayList<>(List.of(node(0), node(1)));
    try (Run proxy = run("haproxy", "-db", "-f", config.toString())) {
      awaitUp(0);
      awaitUp(1);
      assertThat(proxy.ended()).as("%s", proxy).isFalse();
      String url = "http://127.0.0.1:" + balancer + "/";
      AtomicBoolean over = new AtomicBoolean();
      Side<List<String>> wrk =
          load(over, "wrk", "-t1", "-c16", "-d" + SECONDS + "s", "--timeout=30s", url);
      Side<List<String>> h2load = load(over, "h2load", "--h1", "-c8", "-D" + SECONDS, url);
      for (int i : List.of(0, 1, 0, 1)) {
        restart(nodes, i);
      }
      over.set(true);

      for (String said : wrk.result()) {
        assertThat(said)
            .containsPattern("[1-9][0-9]{2,} requests in")
            .doesNotContain("Socket errors", "Non-2xx");
      }
      for (String said : h2load.result()) {
        assertThat(said)
            .containsPattern("[1-9][0-9]{2,} succeeded, 0 failed, 0 errored, 0 timeout")
            .containsPattern("[1-9][0-9]{2,} 2xx, 0 3xx, 0 4xx, 0 5xx");
      }
    } finally {
      nodes.forEach(Run::close);
    }
  }

  /**
   * Again and again for some seconds, until the restarts are over; what each time said. It takes
   * what the machine has left: else the nodes would start for the most of the test.
   */
  private Side<List<String>> load(AtomicBoolean over, String... load) {
    String[] command = Stream.concat(Stream.of("nice"), Stream.of(load)).toArray(String[]::new);
    return Side.call(
        () -> {
          List<String> said = new ArrayList<>();
          do {
            try (Run run = run(command)) {
              assertThat(run.awaitEnd()).as("%s", run).isZero();
              said.add(run.out());
            }
          } while (!over.get());
          return said;
        });
  }

  /** As an operator or systemd does it; the balancer has it back before this returns. */
  private void restart(List<Run> nodes, int i) throws Exception {
    try (Run old = nodes.get(i)) {
      old.signal("TERM");
      assertThat(old.awaitEnd()).as("%s", old).isEqualTo(143);
      assertThat(old.err()).contains("stopped; 0 connections aborted; ");
    }
    nodes.set(i, node(i));
    nodes.get(i).awaitOut("(web) +tcp +");
    awaitUp(i);
  }

  private Run node(int i) throws IOException {
    String name = NAMES.get(i);
    Path config =
        Files.writeString(
            folder.resolve(name + ".yaml"),
            """
            network:
              rpc_interfaces:
                web: { bind_address: "127.0.0.1:%d", app_protocol: HTTP1 }
            %s
            drain_delay: 1s
            drain_timeout: 20s
            """
                .formatted(ports.get(i), operator(i)));
    return Distribution.start(folder, "run", "--config", config.toString());
  }

  private String operator(int i) {
    return "    operator: { bind_address: '127.0.0.1:%d', app_protocol: HTTP1, handlers: [node] }"
        .formatted(operators.get(i));
  }

  private String configuration() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        global
          maxconn 1000
        defaults
          mode http
          timeout connect 2s
          timeout client 30s
          timeout server 30s
          timeout check 1s
          retries 3
          option redispatch 1
          retry-on conn-failure empty-response
        frontend web
          bind 127.0.0.1:%d
          default_backend nodes
        listen statistics
          bind 127.0.0.1:%d
          stats enable
          stats uri /
        backend nodes
          balance roundrobin
          default-server check inter 100ms fall 2 rise 2
        """
            .formatted(balancer, statistics));
    text.append("  option httpchk GET ").append(READINESS).append('\n');
    for (int i = 0; i < ports.size(); i++) {
      int asked = operators.get(i);
      text.append(
          "  server %s 127.0.0.1:%d port %d\n".formatted(NAMES.get(i), ports.get(i), asked));
    }
    return text.toString();
  }

  private void awaitUp(int i) {
    Waiting.until(
        NAMES.get(i) + " takes part again",
        () ->
            statistics()
                .lines()
                .map(line -> line.split(",", -1))
                .anyMatch(
                    fields ->
                        fields.length > 17
                            && fields[0].equals("nodes")
                            && fields[1].equals(NAMES.get(i))
                            && fields[17].equals("UP")));
  }

  /** The balancer's own figures, as CSV; none while it is not there yet. */
  private String statistics() {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), statistics);
    try (Client client = Client.plain(address)) {
      return client.say("GET /;csv HTTP/1.0\r\n\r").hearAll();
    } catch (IOException notYet) {
      return "";
    }
  }

  private Run run(String... command) throws IOException {
    return Distribution.run(folder, Map.of(), List.of(command));
  }
}
