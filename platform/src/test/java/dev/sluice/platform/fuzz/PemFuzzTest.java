// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.certificate.CertificatePlanner;
import dev.sluice.platform.certificate.CertificateRefusedException;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.platform.certificate.CertificateStore;
import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.config.Problems;
import dev.sluice.testkit.fuzz.FuzzTarget;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A certificate chain and its key: taken or refused in one line, by whatever ends its own lines
 * have; a refused one leaves the node with what it had. The first byte says how an input is meant:
 * as two texts parted by a NUL, or as what stands in their blocks, behind the first one's length.
 */
class PemFuzzTest extends FuzzTarget {

  private static final String NAME = "service";

  private static final LoadedConfiguration CONFIGURATION =
      ConfigurationLoader.parse(
          "sluice.yaml",
          """
          network:
            rpc_interfaces:
              primary:
                bind_address: 127.0.0.1:8443
                app_protocol: ECHO
          certificates:
            service: {}
          """,
          Path.of("/srv"),
          List.of());

  private static final List<String> KEY_LABELS =
      List.of("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY");

  PemFuzzTest() {
    super("pem");
  }

  @Override
  protected int longest() {
    return 4096;
  }

  @Override
  protected void run(byte[] input) {
    int kind = input.length == 0 ? 0 : input[0] & 3;
    if (kind == 0) {
      String[] texts = new String(input, ISO_8859_1).split("\0", -1);
      check(texts[texts.length > 1 ? 1 : 0], texts[texts.length - 1]);
    } else if (input.length > 3) {
      int end = 3 + ((input[1] & 0xff) << 8 | (input[2] & 0xff));
      check(
          block("CERTIFICATE", Arrays.copyOfRange(input, 3, Math.min(end, input.length))),
          block(
              KEY_LABELS.get(kind - 1),
              Arrays.copyOfRange(input, Math.min(end, input.length), input.length)));
    }
  }

  private static void check(String chain, String key) {
    try (CertificateStore store = store()) {
      String outcome = replace(store, chain, key);
      try (CertificateStore other = store()) {
        assertThat(replace(other, withReturns(chain), withReturns(key))).isEqualTo(outcome);
      }
    }
  }

  private static String replace(CertificateStore store, String chain, String key) {
    try {
      CertificateStatus status = store.replace(NAME, chain, key);
      assertThat(status.available()).isTrue();
      assertThat(status.generation()).isEqualTo(1);
      return "serves " + status.subject() + status.dnsNames() + status.sha256();
    } catch (CertificateRefusedException e) {
      CertificateStatus status = store.status(NAME).orElseThrow();
      assertThat(status.available()).isFalse();
      assertThat(status.generation()).isZero();
      assertThat(e.getMessage()).isNotBlank();
      assertThat(e.getMessage().lines().count()).as(e.getMessage()).isEqualTo(1);
      return "refuses: " + e.getMessage();
    }
  }

  private static CertificateStore store() {
    Problems problems = new Problems();
    CertificatePlanner planner = new CertificatePlanner(CONFIGURATION, problems);
    planner.read();
    assertThat(problems.sorted()).isEmpty();
    return planner.store();
  }

  private static String withReturns(String text) {
    return text.replace("\n", "\r\n");
  }

  private static String block(String label, byte[] der) {
    String body = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }
}
