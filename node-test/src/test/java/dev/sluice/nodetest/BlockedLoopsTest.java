// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.platform.Node;
import dev.sluice.platform.Sluice;
import dev.sluice.protocol.http1.Http1Protocol;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions that block every loop do not take the operator's interface along. */
class BlockedLoopsTest {

  private static final int LOOPS = 2;

  @TempDir Path folder;

  /** Blocks its loop with the first byte. */
  private static final class Blocking implements CustomProtocolSubsystem {

    final Semaphore blocked = new Semaphore(0);
    final CountDownLatch released = new CountDownLatch(1);

    @Override
    public String name() {
      return "BLOCKING";
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new PlaintextSession(id, writer, 100) {
        @Override
        protected boolean parse(ByteBuf in) {
          in.skipBytes(in.readableBytes());
          blocked.release();
          try {
            released.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return true;
        }
      };
    }
  }

  @Test
  void theOperatorIsAnsweredAndToldOfIt() throws Exception {
    Blocking blocking = new Blocking();
    List<Socket> clients = new ArrayList<>();
    try (Node node =
        Sluice.builder()
            .configuration(
                """
                network:
                  rpc_interfaces:
                    blocking: { bind_address: "127.0.0.1:0", app_protocol: BLOCKING }
                    operator: { bind_address: "127.0.0.1:0", app_protocol: HTTP1, handlers: [node] }
                event_loop_threads: %d
                drain_timeout: 1s
                """
                    .formatted(LOOPS),
                folder)
            .protocol(blocking)
            .protocol(new Http1Protocol())
            .start()) {
      try {
        InetSocketAddress address = node.addresses().get("blocking");
        for (int i = 0; i < LOOPS; i++) {
          Socket client = new Socket(address.getAddress(), address.getPort());
          clients.add(client);
          client.getOutputStream().write('?');
          blocking.blocked.acquire();
        }
        String metrics = "";
        long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!metrics.contains("sluice_loop_blocked_total{loop=\"0\"} 1.0")
            || !metrics.contains("sluice_loop_blocked_total{loop=\"1\"} 1.0")) {
          assertThat(System.nanoTime()).as(metrics).isLessThan(until);
          metrics = scrape(node);
        }
        assertThat(metrics).contains("sluice_loop_blocked_total{loop=\"operator\"} 0.0");
      } finally {
        blocking.released.countDown();
      }
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  private static String scrape(Node node) throws Exception {
    URI uri =
        URI.create(
            "http://127.0.0.1:"
                + node.addresses().get("operator").getPort()
                + "/node/metrics/prometheus");
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }
}
