// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Runs the comparison: starts the servers and the client, warms them up, loads the servers in turns
 * and prints what an operation cost each. All in one run and in short alternating rounds, because
 * figures of different runs on a shared machine cannot be compared.
 */
public final class Compare {

  private static final Set<String> OPTIONS =
      Set.of(
          "works",
          "servers",
          "sluice",
          "baseline",
          "plugin",
          "relay",
          "redis",
          "rounds",
          "seconds",
          "warmup",
          "warmup-max",
          "connections",
          "streams",
          "size",
          "window",
          "idle-rounds",
          "idle-connections",
          "server-core",
          "client-core",
          "java-options",
          "dir");

  private final Options options;
  private final Bench bench;
  private final List<Contender> contenders;
  private final List<String> names;

  private Compare(Options options, Bench bench, List<String> names, List<Contender> contenders) {
    this.options = options;
    this.bench = bench;
    this.names = names;
    this.contenders = contenders;
  }

  /** The options are those of {@code run.sh}; see the module's README. */
  public static void main(String[] args) throws Exception {
    try {
      run(Options.parse(args, OPTIONS));
    } catch (IllegalArgumentException | IOException e) {
      System.err.println("failed: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void run(Options options) throws Exception {
    List<Work> works =
        Arrays.stream(options.text("works", Work.labels()).split(",", -1)).map(Work::of).toList();
    List<String> names = new ArrayList<>();
    List<Contender> contenders = contenders(options, names);
    Bench bench =
        Bench.create(
            Path.of(options.text("dir", "target/bench")),
            options.text("java-options", ""),
            options.text("server-core", "0"),
            options.text("client-core", "1"));
    System.out.println("JDK " + Runtime.version() + ", options " + bench.options());
    if (!bench.pinned()) {
      System.out.println("No taskset for these cores: NOT PINNED, figures will be noisy.");
    }
    Compare compare = new Compare(options, bench, names, contenders);
    for (Work work : works) {
      Tool tool = work.tool();
      if (tool != null && !tool.isThere()) {
        System.out.printf("%n%s: skipped, %s is not installed%n", work.label(), tool.program());
      } else if (work.redis() && !options.has("redis")) {
        System.out.printf("%n%s: skipped, examples/redis is not built%n", work.label());
      } else if (work == Work.IDLE) {
        compare.idle();
      } else {
        compare.load(work);
      }
    }
  }

  private static List<Contender> contenders(Options options, List<String> names) {
    String otherwise = options.has("sluice") ? "netty,sluice" : "netty,netty";
    List<Contender> contenders = new ArrayList<>();
    for (String kind : options.text("servers", otherwise).split(",", -1)) {
      long same = names.stream().filter(name -> name.replaceAll("-\\d+$", "").equals(kind)).count();
      String name = same == 0 ? kind : kind + "-" + (same + 1);
      names.add(name);
      contenders.add(
          switch (kind) {
            case "netty" -> new NettyContender(name);
            case "sluice", "baseline" -> sluice(name, kind, "RAW_ECHO", options);
            case "hosted" -> sluice(name, "sluice", "HOSTED_ECHO", options);
            case "haproxy" -> new HaproxyContender(name);
            case "relay" ->
                new RelayContender(
                    name,
                    home("sluice", options),
                    Path.of(options.required("relay")).toAbsolutePath());
            default -> throw new IllegalArgumentException("unknown server " + kind);
          });
    }
    return contenders;
  }

  private static Contender sluice(String name, String node, String protocol, Options options) {
    Path home = home(node, options);
    Path plugins = Path.of(options.text("plugin", home.resolve("plugins").toString()));
    Path redis = options.has("redis") ? Path.of(options.required("redis")).toAbsolutePath() : null;
    return new SluiceContender(name, home, plugins.toAbsolutePath(), redis, protocol, "{}");
  }

  /** The node that the option of this name gives: this one, or the one to compare it with. */
  private static Path home(String node, Options options) {
    Path home = Path.of(options.required(node)).toAbsolutePath();
    if (!Files.isExecutable(home.resolve("bin/sluice"))) {
      throw new IllegalArgumentException("no node in " + home + ": bin/sluice is missing");
    }
    return home;
  }

  private void load(Work work) throws IOException, InterruptedException {
    List<Server> servers = new ArrayList<>();
    List<String> more = new ArrayList<>();
    for (String name : List.of("connections", "streams", "size", "window")) {
      if (options.has(name)) {
        more.addAll(List.of("--" + name, options.required(name)));
      }
    }
    try (LoadDriver client = LoadDriver.start(work, bench, more)) {
      for (Contender contender : contenders) {
        servers.add(contender.start(work, bench));
      }
      double seconds =
          new WarmUp(options.number("warmup", 15), options.number("warmup-max", 30))
              .run(client, servers);
      System.out.printf(Locale.ROOT, "%n%s: warm after %.0f s each%n", work.label(), seconds);
      measure(work, client, servers).print(System.out);
    } finally {
      servers.forEach(Server::close);
    }
  }

  private Comparison measure(Work work, LoadDriver client, List<Server> servers)
      throws IOException, InterruptedException {
    Comparison comparison = new Comparison(work, names);
    int rounds = options.number("rounds", 7);
    int seconds = options.number("seconds", 5);
    for (int round = 0; round < rounds; round++) {
      StringBuilder line = new StringBuilder("  round " + (round + 1) + ":");
      for (int turn = 0; turn < servers.size(); turn++) {
        // Another one begins each round, so that a drift of the machine favours none.
        int server = (round + turn) % servers.size();
        Round result = client.round(servers.get(server), seconds);
        comparison.add(server, result);
        line.append(
            String.format(Locale.ROOT, "  %s %.3f µs", names.get(server), result.costMicros()));
      }
      System.out.println(line);
    }
    return comparison;
  }

  /** Fresh servers each round: memory once taken does not come back, so a second try lies. */
  private void idle() throws Exception {
    int connections = options.number("idle-connections", 10_000);
    System.out.printf("%nidle: %d TLS connections%n", connections);
    List<List<IdleConnections.Memory>> results = new ArrayList<>();
    contenders.forEach(contender -> results.add(new ArrayList<>()));
    for (int round = 0; round < options.number("idle-rounds", 3); round++) {
      for (int turn = 0; turn < contenders.size(); turn++) {
        int index = (round + turn) % contenders.size();
        try (Server server = contenders.get(index).start(Work.IDLE, bench);
            IdleConnections client = new IdleConnections(server.port(), server.pid())) {
          IdleConnections.Memory memory = client.measure(connections);
          results.get(index).add(memory);
          System.out.println("  " + names.get(index) + ": " + memory);
        }
      }
    }
    System.out.println(
        "\n| idle | KiB RSS per connection | KiB live heap per connection | rounds |");
    System.out.println("|---|--:|--:|--:|");
    for (int i = 0; i < names.size(); i++) {
      List<IdleConnections.Memory> own = results.get(i);
      System.out.printf(
          Locale.ROOT,
          "| %s | %.1f | %.1f | %d |%n",
          names.get(i),
          Spread.of(own.stream().map(IdleConnections.Memory::residentKib).toList()).median(),
          Spread.of(own.stream().map(IdleConnections.Memory::liveHeapKib).toList()).median(),
          own.size());
    }
  }
}
