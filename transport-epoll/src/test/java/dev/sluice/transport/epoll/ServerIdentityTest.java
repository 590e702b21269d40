// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.transport.epoll.tls.ServerIdentity;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates and keys are read in every form that openssl writes, and never taken unfitting. */
class ServerIdentityTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
        "genrsa -traditional",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "ecparam -name prime256v1 -genkey -noout",
        "ecparam -name secp384r1 -genkey",
      })
  void aKeyOfOpensslServes(String keyMaker) throws Exception {
    Path key = folder.resolve("key.pem");
    Path chain = folder.resolve("chain.pem");
    openssl(keyMaker + " -out " + key);
    openssl("req -x509 -days 1 -subj /CN=localhost -out " + chain + " -key " + key);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new Probe()).certificate(chain, key).listen();
      try (OpensslClient client = new OpensslClient(server)) {
        client.type("hello");
        client.awaitOutput("hello");
      }
    }
  }

  @Test
  void oneFileMayHoldBoth() throws Exception {
    Path both = folder.resolve("both.pem");
    Files.writeString(
        both,
        "A comment -- before -\n"
            + Files.readString(TestCertificates.SERVER_KEY)
            + Files.readString(TestCertificates.SERVER_CHAIN));
    assertThat(ServerIdentity.read(both, both).chain()).hasSize(2);
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() throws Exception {
    Path other = folder.resolve("other.pem");
    Files.writeString(other, TestCertificates.CLIENT.getPrivateKeyPEM());
    assertRefused(TestCertificates.SERVER_CHAIN, other, "the key is not this certificate's");
    openssl("genrsa -out " + other + " 2048");
    assertRefused(TestCertificates.SERVER_CHAIN, other, "the private key is no key for EC");
    openssl("genrsa -traditional -out " + other + " 2048");
    assertRefused(TestCertificates.SERVER_CHAIN, other, "the key is not this certificate's");
  }

  @Test
  void anEncryptedKeyIsRefusedByThatReason() throws Exception {
    Path key = folder.resolve("key.pem");
    openssl("genrsa -aes128 -passout pass:secret -out " + key + " 2048");
    assertRefused(TestCertificates.SERVER_CHAIN, key, "the private key is encrypted");
    openssl("genrsa -traditional -aes128 -passout pass:secret -out " + key + " 2048");
    assertRefused(TestCertificates.SERVER_CHAIN, key, "the private key is encrypted");
  }

  @Test
  void aFileWithoutWhatItShouldHoldIsRefused() throws Exception {
    Path empty = folder.resolve("empty.pem");
    Files.writeString(empty, "");
    assertRefused(empty, TestCertificates.SERVER_KEY, "found no certificate");
    assertRefused(TestCertificates.SERVER_CHAIN, empty, "found no private key");
    assertRefused(TestCertificates.SERVER_KEY, TestCertificates.SERVER_KEY, "found no certificate");
    assertRefused(
        TestCertificates.SERVER_CHAIN, TestCertificates.SERVER_CHAIN, "found no private key");
    assertRefused(folder.resolve("absent"), TestCertificates.SERVER_KEY, "can't be read");
  }

  @Test
  void aDamagedFileIsRefused() throws Exception {
    Path cut = folder.resolve("cut.pem");
    String chain = Files.readString(TestCertificates.SERVER_CHAIN);
    int second = chain.lastIndexOf("-----BEGIN");
    Files.writeString(
        cut, chain.substring(0, second + 200) + "\n" + chain.substring(chain.indexOf("-----END")));
    assertRefused(cut, TestCertificates.SERVER_KEY, "certificate 2 is damaged");
    // Every prefix of a SEC 1 key, so that no length in it is believed.
    Path key = folder.resolve("key.pem");
    openssl("ecparam -name prime256v1 -genkey -noout -out " + key);
    byte[] der =
        Base64.getMimeDecoder().decode(Files.readString(key).replaceAll("-----[^-]+-----", ""));
    for (int length = 0; length < der.length; length++) {
      String body = Base64.getEncoder().encodeToString(Arrays.copyOf(der, length));
      Files.writeString(
          key, "-----BEGIN EC PRIVATE KEY-----\n" + body + "\n-----END EC PRIVATE KEY-----\n");
      assertRefused(TestCertificates.SERVER_CHAIN, key, "the");
    }
  }

  private static void assertRefused(Path chain, Path key, String reason) {
    assertThatThrownBy(() -> ServerIdentity.read(chain, key))
        .isInstanceOf(SSLException.class)
        .hasMessageStartingWith(reason);
  }

  private static void openssl(String arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }
}
