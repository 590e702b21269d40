// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import java.io.InputStream;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes come back: whole, in order, through TLS and without, from every execution mode. */
class EchoTest {

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aRoundTripWorks(Execution execution, boolean tls) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new RawEcho(execution)).tls(tls).listen();
      try (Socket client = TestNode.connect(server)) {
        for (int i = 0; i < 100; i++) {
          byte[] sent = ("message " + i).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
          client.getOutputStream().write(sent);
          assertThat(client.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void fourMebibytesComeBackToASlowReader(Execution execution, boolean tls) throws Exception {
    byte[] sent = new byte[4 << 20];
    new Random(1).nextBytes(sent);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new RawEcho(execution)).tls(tls).listen();
      try (Socket client = TestNode.connect(server)) {
        CompletableFuture<Void> writer =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    client.getOutputStream().write(sent);
                  } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
        byte[] received = new byte[sent.length];
        InputStream in = client.getInputStream();
        int at = 0;
        while (at < received.length) {
          int read = in.read(received, at, Math.min(64 << 10, received.length - at));
          assertThat(read).isPositive();
          at += read;
          LockSupport.parkNanos(1_000_000);
        }
        assertThat(received).isEqualTo(sent);
        writer.get();
      }
    }
  }
}
