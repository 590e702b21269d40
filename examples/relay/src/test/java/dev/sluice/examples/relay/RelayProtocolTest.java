// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.ScriptedServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bytes that go over a relay, whatever they are, and how connections end on both of its sides. */
@Timeout(90)
class RelayProtocolTest {

  /** What the relay may have in its buffers at any time. */
  private static final long MOST_DIRECT = 64 << 20;

  private static final byte[] PATTERN = new byte[64 << 10];

  static {
    for (int i = 0; i < PATTERN.length; i++) {
      PATTERN[i] = (byte) ((i * 31) >> 3);
    }
  }

  private static HttpNode relay(int port) throws Exception {
    HttpNode.Options options = new HttpNode.Options();
    options.protocol = new RelayProtocol();
    options.settings = RelayAppTest.plain("127.0.0.1:" + port);
    return options.start();
  }

  private static Socket connect(HttpNode relay) throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), relay.port());
    client.setSoTimeout((int) HttpNode.PATIENCE.toMillis());
    return client;
  }

  private static void write(OutputStream to, String text) throws IOException {
    to.write(text.getBytes(StandardCharsets.US_ASCII));
    to.flush();
  }

  private static String read(InputStream from, int bytes) throws IOException {
    return new String(from.readNBytes(bytes), StandardCharsets.US_ASCII);
  }

  @Test
  void bytesGoBothWays() throws Exception {
    try (ScriptedServer server =
            new ScriptedServer(peer -> peer.in.transferTo(peer.socket.getOutputStream()));
        HttpNode relay = relay(server.port());
        Socket client = connect(relay)) {
      for (int i = 0; i < 100; i++) {
        write(client.getOutputStream(), "line " + i % 10 + "\n");
        assertThat(read(client.getInputStream(), 7)).isEqualTo("line " + i % 10 + "\n");
      }
    }
  }

  @Test
  void aServerThatSpeaksFirstIsHeard() throws Exception {
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  peer.write("220 ready\r\n");
                  peer.drain();
                });
        HttpNode relay = relay(server.port());
        Socket client = connect(relay)) {
      assertThat(read(client.getInputStream(), 11)).isEqualTo("220 ready\r\n");
    }
  }

  @Test
  void theEndOfOneDirectionLeavesTheOther() throws Exception {
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  String asked = new String(peer.in.readAllBytes(), StandardCharsets.US_ASCII);
                  peer.write("answer to " + asked);
                });
        HttpNode relay = relay(server.port());
        Socket client = connect(relay)) {
      write(client.getOutputStream(), "question");
      client.shutdownOutput();
      assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .isEqualTo("answer to question");
      HttpNode.await("both sides end", () -> relay.outbound().endpoint().unfinished() == 0);
    }
  }

  @Test
  void theServersEndLeavesTheWayToIt() throws Exception {
    CompletableFuture<String> heard = new CompletableFuture<>();
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  peer.write("bye");
                  peer.socket.shutdownOutput();
                  heard.complete(new String(peer.in.readAllBytes(), StandardCharsets.US_ASCII));
                });
        HttpNode relay = relay(server.port());
        Socket client = connect(relay)) {
      assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .isEqualTo("bye");
      write(client.getOutputStream(), "still here");
      client.shutdownOutput();
      assertThat(heard.get()).isEqualTo("still here");
    }
  }

  @Test
  void aServerThatIsNotThereBreaksTheConnectionOffAndTheOperatorCanSeeWhy() throws Exception {
    int nobody;
    try (ServerSocket free = new ServerSocket(0)) {
      nobody = free.getLocalPort();
    }
    try (HttpNode relay = relay(nobody);
        Socket client = connect(relay)) {
      assertThatThrownBy(() -> assertThat(client.getInputStream().read()).isNotNegative())
          .isInstanceOfAny(SocketException.class, AssertionError.class);
      HttpNode.await("it is counted", () -> relay.counted("relay_refused") == 1);
      HttpNode.await(
          "it is the reason of the end",
          () -> relay.metrics().closes().getOrDefault("relay_refused", 0L) == 1);
    }
  }

  @Test
  void aServerThatIsResetIsNotTakenForOneThatHasEnded() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  peer.write("begun");
                  read.await();
                  peer.reset();
                });
        HttpNode relay = relay(server.port());
        Socket client = connect(relay)) {
      assertThat(read(client.getInputStream(), 5)).isEqualTo("begun");
      read.countDown();
      assertThatThrownBy(() -> client.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void aClientThatIsResetResetsTheServer() throws Exception {
    CompletableFuture<Throwable> heard = new CompletableFuture<>();
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  try {
                    peer.drain();
                    heard.complete(new AssertionError("an orderly end"));
                  } catch (IOException e) {
                    heard.complete(e);
                  }
                });
        HttpNode relay = relay(server.port())) {
      Socket client = connect(relay);
      write(client.getOutputStream(), "begun");
      HttpNode.await("both sides stand", () -> server.accepted() == 1);
      HttpNode.await(
          "the bytes are there",
          () -> relay.outbound().endpoint().metrics().snapshot().open() == 1);
      client.setSoLinger(true, 0);
      client.close();
      assertThat(heard.get()).isInstanceOf(SocketException.class);
    }
  }

  /** 100 MB, or a gigabyte where that is asked for. */
  private static long size() {
    return Boolean.getBoolean("sluice.long") ? 1L << 30 : 100L << 20;
  }

  private static void send(OutputStream to, long size) throws IOException {
    for (long sent = 0; sent < size; sent += PATTERN.length) {
      to.write(PATTERN, 0, (int) Math.min(PATTERN.length, size - sent));
    }
  }

  /** Answers how many bytes there were; fails at the first wrong one. */
  private static long check(InputStream from, Runnable eachTime) throws IOException {
    byte[] part = new byte[32 << 10];
    long at = 0;
    int read;
    while ((read = from.read(part)) >= 0) {
      for (int i = 0; i < read; i++, at++) {
        if (part[i] != PATTERN[(int) (at % PATTERN.length)]) {
          throw new AssertionError("at " + at);
        }
      }
      eachTime.run();
    }
    return at;
  }

  @Test
  void aSlowReaderLosesNothingAndTheRelayKeepsLittle() throws Exception {
    long size = size();
    AtomicLong most = new AtomicLong();
    try (ScriptedServer server =
            new ScriptedServer(peer -> send(peer.socket.getOutputStream(), size));
        HttpNode relay = relay(server.port());
        Socket client = connect(relay)) {
      long read =
          check(
              client.getInputStream(),
              () -> most.accumulateAndGet(relay.buffersAlive(), Math::max));
      assertThat(read).isEqualTo(size);
      assertThat(most.get()).isBetween(1L, MOST_DIRECT);
    }
  }

  @Test
  void bothDirectionsAtOnceAndOneOfThemSlow() throws Exception {
    long size = size() / 4;
    CompletableFuture<Long> received = new CompletableFuture<>();
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  Thread sender =
                      new Thread(
                          () -> {
                            try {
                              send(peer.socket.getOutputStream(), size);
                              peer.socket.shutdownOutput();
                            } catch (IOException e) {
                              received.completeExceptionally(e);
                            }
                          });
                  sender.start();
                  received.complete(check(peer.in, () -> {}));
                  sender.join();
                });
        HttpNode relay = relay(server.port());
        Socket client = connect(relay)) {
      Thread sender =
          new Thread(
              () -> {
                try {
                  send(client.getOutputStream(), size);
                  client.shutdownOutput();
                } catch (IOException e) {
                  received.completeExceptionally(e);
                }
              });
      sender.start();
      // Nothing is read until the other direction is through.
      assertThat(received.get()).isEqualTo(size);
      assertThat(relay.buffersAlive()).isLessThan(MOST_DIRECT);
      assertThat(check(client.getInputStream(), () -> {})).isEqualTo(size);
      sender.join();
    }
  }

  @Test
  void aDestinationThatCanNotBeIsSaidSo() {
    assertThatThrownBy(() -> RelayAppTest.plain("nowhere"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(
            () ->
                new Destination(
                    "a:1", false, Optional.of("ca.pem"), Optional.empty(), Optional.empty()))
        .hasMessageContaining("tls is false");
  }
}
