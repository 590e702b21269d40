// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.DrainReport.Phase;
import dev.sluice.platform.Waiting.Side;
import dev.sluice.platform.plugin.PluginJars;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drain as HTTP clients see it, with the plug-in of the distribution. */
class HttpDrainIT {

  private static final int DOWNLOAD = 12_000_000;

  /** What the application's hanging requests wait for, whatever interrupts come. */
  private static final String LATCH = "sluice.test.http-drain";

  private static final String APPLICATION =
      """
      package p;

      import dev.sluice.api.rpc.*;
      import io.netty.buffer.Unpooled;
      import java.time.Duration;
      import java.util.List;
      import java.util.concurrent.CountDownLatch;

      public class Slow implements RpcHandler {
        public String name() { return "slow"; }

        public List<String> prefixes() { return List.of("/slow"); }

        public void handle(RpcContext request) {
          if (request.path().equals("/slow/hang")) {
            hang();
          } else if (request.path().startsWith("/slow/download/")) {
            download(request, Integer.parseInt(request.path().substring(15)));
          } else {
            request.respond(RpcResponse.text("here"));
          }
        }

        private void download(RpcContext request, int bytes) {
          ResponseBody body =
              request.respondStreaming(
                  RpcResponse.of(200).header("content-length", Integer.toString(bytes)));
          try {
            for (int left = bytes; left > 0; left -= 1000) {
              if (!body.awaitWritable(Duration.ofMinutes(1))
                  || !body.write(Unpooled.wrappedBuffer(new byte[1000]))) {
                return;
              }
            }
            body.finish();
          } catch (InterruptedException e) {
            body.abort();
          }
        }

        private static void hang() {
          CountDownLatch latch = (CountDownLatch) System.getProperties().get("LATCH");
          while (latch.getCount() > 0) {
            try {
              latch.await();
            } catch (InterruptedException e) {
              // It will not be hurried.
            }
          }
        }
      }
      """
          .replace("LATCH", LATCH);

  @TempDir Path folder;
  private final CountDownLatch hanging = new CountDownLatch(1);
  private NodeHouse house;

  @BeforeEach
  void build() throws IOException {
    System.getProperties().put(LATCH, hanging);
    house = new NodeHouse(folder);
    try (DirectoryStream<Path> jars =
        Files.newDirectoryStream(Distribution.HOME.resolve("plugins"), "*-http1-*.jar")) {
      for (Path jar : jars) {
        Files.copy(jar, house.plugins().resolve(jar.getFileName()));
      }
    }
    PluginJars.jar("slow.jar")
        .source("p.Slow", APPLICATION)
        .entry("META-INF/services/dev.sluice.api.rpc.RpcHandler", "p.Slow")
        .writeTo(house.plugins());
  }

  @AfterEach
  void close() {
    hanging.countDown();
    house.close();
    System.getProperties().remove(LATCH);
  }

  private static Client ask(Client client, String path) throws IOException {
    return client.say("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r");
  }

  @Test
  void idleConnectionsAreClosedAndThoseThatAskInTimeAreAnswered() throws Exception {
    house.serve("web", "HTTP1").set("drain_timeout: 1h\ndrain_idle_grace: 2s");
    Node node = house.start();
    try (Client quiet = Client.plain(node.addresses().get("web"));
        Client asking = Client.plain(node.addresses().get("web"))) {
      assertThat(quiet.get("/slow")).isEqualTo("HTTP/1.1 200 OK");
      assertThat(asking.get("/slow")).isEqualTo("HTTP/1.1 200 OK");
      Side<Boolean> stop = Side.run(node::stop);
      Waiting.until("it drains", () -> node.drainReport().phase() == Phase.DRAINING);

      List<String> answer = asking.head("/slow");
      // The drain comes to each connection in its own order; one request may be before it.
      if (!answer.contains("connection: close")) {
        answer = asking.head("/slow");
      }
      assertThat(answer).startsWith("HTTP/1.1 200 OK").contains("connection: close");
      assertThat(asking.end()).isEqualTo("end of stream");
      assertThat(quiet.end()).isEqualTo("end of stream");
      asking.hangUp();
      quiet.hangUp();
      assertThat(stop.result()).isTrue();
    }
    assertThat(node.drainReport().interfaces().get("web").finished()).isEqualTo(2);
    assertThat(node.drainReport().aborted()).isZero();
  }

  @Test
  void aSlowDownloadThatEndsInTimeArrivesWhole() throws Exception {
    house.serve("web", "HTTP1").set("drain_timeout: 1h");
    Node node = house.start();
    try (Client client = Client.withSmallWindow(node.addresses().get("web"))) {
      ask(client, "/slow/download/" + DOWNLOAD);
      assertThat(client.hear()).isEqualTo("HTTP/1.1 200 OK\r");
      Side<Boolean> stop = Side.run(node::stop);
      Waiting.until("it drains", () -> node.drainReport().phase() == Phase.DRAINING);

      // Its answer had begun without a word of the end: there is none, and a grace behind it.
      String rest = client.hearAll();
      assertThat(rest.substring(rest.indexOf("\r\n\r\n") + 4)).hasSize(DOWNLOAD);
      client.hangUp();
      assertThat(stop.result()).isTrue();
    }
    assertThat(node.drainReport().interfaces().get("web").finished()).isEqualTo(1);
    assertThat(node.drainReport().aborted()).isZero();
  }

  @Test
  void aDownloadThatDoesNotEndInTimeIsCutOffAndCounted() throws Exception {
    house.serve("web", "HTTP1").set("drain_timeout: 500ms");
    Node node = house.start();
    try (Client client = Client.withSmallWindow(node.addresses().get("web"))) {
      ask(client, "/slow/download/" + DOWNLOAD);
      assertThat(client.hear()).isEqualTo("HTTP/1.1 200 OK\r");

      node.stop();

      assertThat(client.end()).isEqualTo("reset");
    }
    assertThat(node.drainReport().interfaces().get("web").aborted()).isEqualTo(1);
    assertThat(node.metrics().get("web").snapshot().closes()).containsOnlyKeys("drain_deadline");
    assertThat(house.log()).last().asString().startsWith("INFO stopped; 1 connections aborted;");
  }

  @Test
  void anApplicationThatNeverAnswersIsCutOffAndNamed() throws Exception {
    house.serve("web", "HTTP1").set("drain_timeout: 500ms");
    Node node = house.start();
    try (Client client = Client.plain(node.addresses().get("web"))) {
      ask(client, "/slow/hang");
      Waiting.until(
          "it hangs",
          () ->
              Thread.getAllStackTraces().values().stream()
                  .flatMap(java.util.Arrays::stream)
                  .anyMatch(frame -> frame.getMethodName().equals("hang")));

      node.stop();

      assertThat(client.end()).isEqualTo("reset");
    }
    DrainReport report = node.drainReport();
    assertThat(report.interfaces().get("web").aborted()).isEqualTo(1);
    assertThat(report.interfaces().get("web").open()).as("its session has heard").isZero();
    assertThat(report.workersLeft())
        .singleElement()
        .asString()
        .startsWith("sluice-worker-")
        .contains("at slow.jar//p.Slow.hang");
    assertThat(house.log())
        .filteredOn(line -> line.startsWith("WARN a thread does not end: sluice-worker-"))
        .hasSize(1);
  }
}
