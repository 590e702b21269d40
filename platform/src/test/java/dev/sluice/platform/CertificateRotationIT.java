// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.platform.Distribution.Run;
import dev.sluice.platform.Waiting.Side;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged node under a load of new connections, while its certificate changes. */
class CertificateRotationIT {

  private static final long BETWEEN_NANOS = 100_000_000;
  private static final Pattern SERVED =
      Pattern.compile("certificate service: serves generation ([0-9]+), ");

  @TempDir Path folder;

  @Test
  void wrkFindsNoErrorAndTheOldConnectionLives() throws Exception {
    Path secret = folder.resolve("secret");
    List<X509Bundle> stock = new ArrayList<>();
    X509Bundle root = IssuedCertificates.authority("Root", null);
    for (int i = 0; i < 4; i++) {
      stock.add(IssuedCertificates.issued(root, "localhost"));
    }
    IssuedCertificates.swap(secret, stock.get(0));
    Path config =
        Files.writeString(
            folder.resolve("node.yaml"),
            """
            network:
              rpc_interfaces:
                https:
                  bind_address: 127.0.0.1:0
                  app_protocol: HTTP1
                  endorsement: { authority: service }
            certificates:
              service: { cert_file: secret/tls.crt, key_file: secret/tls.key }
            certificate_check_interval: 50ms
            """);
    try (Run node = Distribution.start(folder, "run", "-c", config.toString())) {
      String shown = node.awaitOut("https +tls +(\\S+) +HTTP1");
      try (Client old = Client.tls(Client.loopback(shown), Client.trusting(root.getCertificate()));
          Run wrk = wrk(shown)) {
        Side<Integer> load = Side.call(wrk::awaitEnd);
        int rounds = 0;
        while (!load.done()) {
          IssuedCertificates.swap(secret, stock.get(++rounds % stock.size()));
          assertThat(old.get("/")).isEqualTo("HTTP/1.1 200 OK");
          LockSupport.parkNanos(BETWEEN_NANOS);
        }
        assertThat(load.result()).as("%s", wrk).isZero();
        System.out.printf(
            "%d certificates in %d rounds; wrk with a connection a request:%n%s%n",
            generations(node), rounds, wrk.out());
        assertThat(wrk.out()).contains("Requests/sec").doesNotContain("Non-2xx", "Socket errors");
        // Each was served, and one of them again, however slow the machine is.
        assertThat(generations(node)).isGreaterThan(stock.size());
      }
      node.signal("TERM");
      assertThat(node.awaitEnd()).isEqualTo(143);
      assertThat(node.err()).doesNotContain("WARN");
    }
  }

  private Run wrk(String address) {
    try {
      return Distribution.run(
          folder,
          Map.of(),
          List.of(
              "wrk", "-t1", "-c8", "-d7s", "-H", "Connection: close", "https://" + address + "/"));
    } catch (IOException e) {
      System.err.println("NOT TESTED with wrk, which is not on this machine");
      assumeThat(false).as("wrk is there").isTrue();
      throw new IllegalStateException(e);
    }
  }

  private static int generations(Run node) {
    int last = 0;
    for (Matcher found = SERVED.matcher(node.err()); found.find(); ) {
      last = Integer.parseInt(found.group(1));
    }
    return last;
  }
}
