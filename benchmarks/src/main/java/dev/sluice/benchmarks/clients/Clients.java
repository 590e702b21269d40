// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks.clients;

import com.sun.management.OperatingSystemMXBean;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The clients that are compared, in one process and by turns: Netty's twice, so that the noise is
 * seen.
 */
public final class Clients implements AutoCloseable {

  private static final long MILLIS = 1000;

  private final Map<String, AskingClient> clients = new LinkedHashMap<>();
  private final boolean secure;
  private final OperatingSystemMXBean process =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** What one round of one client has brought. */
  private record Reading(double perSecond, double microsEach) {}

  /**
   * Makes the clients.
   *
   * @param connections of each
   * @param tls for Netty's; null without TLS
   */
  public Clients(int connections, @Nullable SslContext tls) {
    this.secure = tls != null;
    clients.put("netty", new NettyAsking(connections, tls));
    clients.put("netty-2", new NettyAsking(connections, tls));
    clients.put("sluice", new SluiceAsking(connections));
    clients.put(
        "jdk", new JdkAsking(connections, InsecureTrustManagerFactory.INSTANCE.getTrustManagers()));
  }

  /**
   * Opens all connections.
   *
   * @param port of the server, on loopback
   * @throws Exception if one can't be
   */
  public void open(int port) throws Exception {
    for (AskingClient client : clients.values()) {
      client.open(port, secure);
    }
  }

  /**
   * Runs all of them by turns, without a result.
   *
   * @param seconds each
   * @throws InterruptedException if the thread was interrupted
   */
  public void warmUp(int seconds) throws InterruptedException {
    for (int i = 0; i < seconds; i++) {
      for (AskingClient client : clients.values()) {
        long unused = client.round(MILLIS);
      }
    }
  }

  /**
   * Measures and prints.
   *
   * @param rounds of all clients
   * @param seconds each
   * @throws InterruptedException if the thread was interrupted
   */
  public void compare(int rounds, int seconds) throws InterruptedException {
    List<String> names = new ArrayList<>(clients.keySet());
    Map<String, List<Reading>> readings = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < names.size(); i++) {
        String name = names.get((i + round) % names.size());
        readings
            .computeIfAbsent(name, n -> new ArrayList<>())
            .add(read(clients.get(name), seconds));
      }
    }
    System.out.println("| client | requests/s | ratio | CPU µs a request | ratio |");
    System.out.println("|---|--:|--:|--:|--:|");
    List<Reading> first = readings.getOrDefault(names.get(0), List.of());
    for (String name : names) {
      List<Reading> own = readings.getOrDefault(name, List.of());
      double[] rates = new double[rounds];
      double[] costs = new double[rounds];
      double[] rateRatios = new double[rounds];
      double[] costRatios = new double[rounds];
      for (int i = 0; i < rounds; i++) {
        rates[i] = own.get(i).perSecond();
        costs[i] = own.get(i).microsEach();
        rateRatios[i] = rates[i] / first.get(i).perSecond();
        costRatios[i] = costs[i] / first.get(i).microsEach();
      }
      System.out.printf(
          Locale.ROOT,
          "| %s | %.0f | %.2f | %.2f | %.2f |%n",
          name,
          median(rates),
          median(rateRatios),
          median(costs),
          median(costRatios));
    }
  }

  private Reading read(@Nullable AskingClient client, int seconds) throws InterruptedException {
    if (client == null) {
      throw new IllegalStateException("no such client");
    }
    long cpu = process.getProcessCpuTime();
    long time = System.nanoTime();
    long answers = client.round(seconds * MILLIS);
    double elapsed = System.nanoTime() - time;
    double used = process.getProcessCpuTime() - cpu;
    return new Reading(answers * 1e9 / elapsed, used / 1000 / answers);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  @Override
  public void close() {
    clients.values().forEach(AskingClient::close);
  }
}
