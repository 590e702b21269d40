// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.platform.Waiting.Side;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.session.bridge.EndpointMetrics.Snapshot;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Certificates change while a node serves: nobody is dropped, and nothing bad takes a place. */
class CertificateRotationTest {

  private static final X509Bundle ROOT = IssuedCertificates.authority("Root", null);
  private static final X509Bundle MIDDLE = IssuedCertificates.authority("Middle", ROOT);
  private static final X509Bundle OTHER = IssuedCertificates.authority("Other", null);

  private static final int ROUNDS = 75;
  private static final Duration BETWEEN = Duration.ofMillis(100);

  @TempDir Path folder;
  private NodeHouse house;
  private Path cert;
  private Path key;

  @BeforeEach
  void build() {
    house = new NodeHouse(folder).plugin("PROBE", "execution=EVENT_LOOP");
    cert = folder.resolve("service.pem");
    key = folder.resolve("service.key");
  }

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void anOldConnectionLivesOnWithTheOldAndANewOneSeesTheNew() throws Exception {
    X509Bundle before = issued("before");
    X509Bundle after = issued("after");
    write(before);
    Node node =
        house.certificateFiles("service.pem", "service.key").serve("one", "PROBE", TLS).start();

    try (Client old = client(node)) {
      assertThat(old.served()).isEqualTo(before.getCertificate());
      write(after);
      Waiting.until("it is served", () -> status(node).generation() == 2);

      assertThat(old.ask("still here")).isEqualTo("still here");
      try (Client fresh = client(node)) {
        assertThat(fresh.served()).isEqualTo(after.getCertificate());
        assertThat(fresh.ask("hello")).isEqualTo("hello");
      }
      assertThat(status(node).subject()).contains("CN=after");
      assertThat(status(node).replacements()).isEqualTo(1);
      assertThat(status(node).retired()).isEqualTo(1);
      assertThat(old.ask("and still")).isEqualTo("and still");
    }
    Waiting.until("the old one is freed", () -> status(node).retired() == 0);
  }

  @Test
  void linksThatAreSwappedAsKubernetesDoesItAreFollowed() throws Exception {
    Path secret = folder.resolve("secret");
    IssuedCertificates.swap(secret, issued("one"));
    Node node =
        house
            .certificateFiles("secret/tls.crt", "secret/tls.key")
            .serve("one", "PROBE", TLS)
            .start();

    for (int generation = 2; generation <= 4; generation++) {
      long expected = generation;
      X509Bundle next = issued("number" + generation);
      IssuedCertificates.swap(secret, next);
      Waiting.until("it is served", () -> status(node).generation() == expected);
      assertServed(node, next);
    }
    assertThat(status(node).failures()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "another key, the key is not this certificate's",
    "a broken chain, was not signed by the one behind it",
    "a chain the wrong way round, the key is not this certificate's",
    "expired, expired at",
    "not yet valid, is not valid before",
    "an expired issuer, expired at",
    "half a key, PRIVATE KEY 1 has no end",
    "half a chain, CERTIFICATE 2 has no end",
    "a folder, can't be read",
    "nothing, does not exist",
    "empty, found no certificate",
  })
  void whatIsBadLeavesTheLastGoodOneInPlaceAndIsShown(String what, String reason) throws Exception {
    X509Bundle good = issued("good");
    write(good);
    Node node =
        house.certificateFiles("service.pem", "service.key").serve("one", "PROBE", TLS).start();

    try (Client old = client(node)) {
      spoil(what);
      Waiting.until("it is refused", () -> status(node).lastFailure().isPresent());
      CertificateStatus refused = status(node);
      assertThat(refused.lastFailure().orElseThrow().reason()).contains(reason);
      assertThat(refused.failures()).isEqualTo(1);
      assertThat(refused.generation()).isEqualTo(1);
      assertServed(node, good);
      assertThat(old.ask("still here")).isEqualTo("still here");

      write(good);
      Waiting.until("all is well again", () -> status(node).lastFailure().isEmpty());
      assertThat(status(node).generation()).isEqualTo(1);
      X509Bundle better = issued("better");
      write(better);
      Waiting.until("it is served", () -> status(node).generation() == 2);
      assertServed(node, better);
    }
  }

  @Test
  void aCallTakesOverUntilTheFilesChangeAgain() throws Exception {
    write(issued("file"));
    Node node =
        house.certificateFiles("service.pem", "service.key").serve("one", "PROBE", TLS).start();
    X509Bundle called = issued("called");

    assertThat(replace(node, called).generation()).isEqualTo(2);
    assertServed(node, called);
    assertThat(replace(node, called).generation()).isEqualTo(2);

    X509Bundle next = issued("next");
    write(next);
    Waiting.until("the files take over", () -> status(node).generation() == 3);
    assertServed(node, next);
  }

  @Test
  void severalCertificatesAreChosenByNameAndStrangersRefused() throws Exception {
    house
        .set("certificate_check_interval: 50ms")
        .set("certificates: { main: {}, second: {} }")
        .serve(
            "one",
            "PROBE",
            "endorsement: { authority: [main, second], unknown_server_name: refuse }");
    Node node = house.start();
    X509Bundle main = issued("main.example");
    X509Bundle second = issued("second.example");
    replace(node, "second", second);
    assertThatThrownBy(() -> client(node, "second.example")).isInstanceOf(IOException.class);
    replace(node, "main", main);

    try (Client one = client(node, "main.example");
        Client two = client(node, "second.example")) {
      assertThat(one.served()).isEqualTo(main.getCertificate());
      assertThat(two.served()).isEqualTo(second.getCertificate());
    }
    assertThatThrownBy(() -> client(node, "third.example"))
        .hasMessageContaining("unrecognized_name");
    Waiting.until(
        "it is counted",
        () -> snapshot(node, "one").errors().getOrDefault("unrecognized_name", 0L) == 1);
  }

  @Test
  void clientsAreTrustedByTheAuthoritiesOfTheFileAsItIsNow() throws Exception {
    write(issued("localhost"));
    Path trusted = folder.resolve("trusted.pem");
    Files.writeString(trusted, ROOT.getCertificatePEM());
    house.certificateFiles("service.pem", "service.key");
    house.serve(
        "one", "PROBE", TLS, "client_authentication: require", "trusted_ca_file: trusted.pem");
    Node node = house.start();
    X509Bundle ours = IssuedCertificates.issued(ROOT, "ours");
    X509Bundle theirs = IssuedCertificates.issued(OTHER, "theirs");

    try (Client old = client(node, ours)) {
      assertThat(old.ask("hello")).isEqualTo("hello");
      assertThat(isServed(node, theirs)).isFalse();

      Files.writeString(trusted, "nobody");
      Waiting.until("it is refused", () -> node.certificates().trustFailures().containsKey("one"));
      assertThat(node.certificates().trustFailures().get("one").reason())
          .isEqualTo("found no certificate");
      assertThat(isServed(node, ours)).isTrue();

      Files.writeString(trusted, OTHER.getCertificatePEM());
      Waiting.until("others are trusted", () -> isServed(node, theirs));
      assertThat(isServed(node, ours)).isFalse();
      assertThat(node.certificates().trustFailures()).isEmpty();
      assertThat(old.ask("still here")).isEqualTo("still here");
      assertThat(status(node).generation()).isEqualTo(1);
    }
  }

  @Test
  void noHandshakeFailsWhileFilesAndCallsReplaceCertificatesAllTheTime() throws Exception {
    Path secret = folder.resolve("secret");
    List<X509Bundle> stock = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      stock.add(issued("number" + i));
    }
    IssuedCertificates.swap(secret, stock.get(0));
    house
        .set("certificate_check_interval: 50ms")
        .set("certificates:")
        .set("  service: { cert_file: secret/tls.crt, key_file: secret/tls.key }")
        .set("  called: {}")
        .serve("one", "PROBE", TLS)
        .serve("two", "PROBE", "endorsement: { authority: called }");
    Node node = house.start();
    replace(node, "called", stock.get(0));

    AtomicBoolean enough = new AtomicBoolean();
    try (Client oldOne = client(node, "one", "localhost");
        Client oldTwo = client(node, "two", "localhost")) {
      Side<Integer> one = Side.call(() -> connectAgainAndAgain(node, "one", enough));
      Side<Integer> two = Side.call(() -> connectAgainAndAgain(node, "two", enough));
      for (int round = 1; round <= ROUNDS; round++) {
        X509Bundle next = stock.get(round % stock.size());
        IssuedCertificates.swap(secret, next);
        replace(node, "called", next);
        assertThat(oldOne.ask("round " + round)).isEqualTo("round " + round);
        assertThat(oldTwo.ask("round " + round)).isEqualTo("round " + round);
        LockSupport.parkNanos(BETWEEN.toNanos());
      }
      enough.set(true);
      assertThat(one.result()).isGreaterThan(ROUNDS / 4);
      assertThat(two.result()).isGreaterThan(ROUNDS / 4);
      assertThat(status(node, "called").generation()).isEqualTo(ROUNDS + 1);
      assertThat(status(node).generation()).isGreaterThan(ROUNDS / 4);
      for (String name : List.of("service", "called")) {
        CertificateStatus status = status(node, name);
        assertThat(status.failures()).isZero();
        // The first context, held by the old connection; all between are freed.
        Waiting.until("others are freed", () -> status(node, name).retired() == 1);
      }
      for (String name : List.of("one", "two")) {
        assertThat(snapshot(node, name).errors()).isEmpty();
      }
    }
    Waiting.until(
        "the last are freed",
        () -> node.certificates().statuses().stream().allMatch(each -> each.retired() == 0));
  }

  private static final String TLS = "endorsement: { authority: service }";

  private static int connectAgainAndAgain(Node node, String name, AtomicBoolean enough)
      throws Exception {
    int times = 0;
    while (!enough.get()) {
      try (Client client = client(node, name, "localhost")) {
        assertThat(client.ask("hello")).isEqualTo("hello");
      }
      times++;
    }
    return times;
  }

  /** Puts something into the files that is not to be served. */
  private void spoil(String what) throws IOException {
    Instant now = Instant.now();
    Duration day = Duration.ofDays(1);
    X509Bundle next = issued("next");
    switch (what) {
      case "another key" -> write(next.getCertificatePEM(), issued("x").getPrivateKeyPEM());
      case "a broken chain" ->
          write(next.getCertificatePEM() + OTHER.getCertificatePEM(), next.getPrivateKeyPEM());
      case "a chain the wrong way round" ->
          write(MIDDLE.getCertificatePEM() + next.getCertificatePEM(), next.getPrivateKeyPEM());
      case "expired" ->
          write(IssuedCertificates.issued(MIDDLE, "late", now.minus(day), now.minusSeconds(9)));
      case "not yet valid" ->
          write(IssuedCertificates.issued(MIDDLE, "early", now.plus(day), now.plus(day).plus(day)));
      case "an expired issuer" -> {
        X509Bundle issuer = IssuedCertificates.expiredAuthority(ROOT);
        write(IssuedCertificates.issued(issuer, "orphan"));
      }
      case "half a key" ->
          write(
              IssuedCertificates.chain(next),
              next.getPrivateKeyPEM().substring(0, next.getPrivateKeyPEM().length() / 2));
      case "half a chain" -> {
        String chain = IssuedCertificates.chain(next);
        write(
            chain.substring(0, chain.indexOf("-----END", chain.indexOf("-----END") + 1)),
            next.getPrivateKeyPEM());
      }
      case "a folder" -> {
        Files.delete(key);
        Files.createDirectory(key);
      }
      case "nothing" -> Files.delete(key);
      default -> write("", next.getPrivateKeyPEM());
    }
  }

  private void write(X509Bundle bundle) throws IOException {
    write(IssuedCertificates.chain(bundle), bundle.getPrivateKeyPEM());
  }

  /** Both at about once; each as a whole, or what a look finds between them would be refused. */
  private void write(String chain, String keyPem) throws IOException {
    Files.deleteIfExists(folder.resolve("new.pem"));
    Files.writeString(folder.resolve("new.pem"), chain);
    Files.writeString(folder.resolve("new.key"), keyPem);
    if (Files.isDirectory(key)) {
      Files.delete(key);
    }
    Files.move(folder.resolve("new.key"), key, StandardCopyOption.REPLACE_EXISTING);
    Files.move(folder.resolve("new.pem"), cert, StandardCopyOption.REPLACE_EXISTING);
  }

  private static X509Bundle issued(String dnsName) {
    return IssuedCertificates.issued(MIDDLE, dnsName);
  }

  private static CertificateStatus replace(Node node, X509Bundle next) throws Exception {
    return replace(node, "service", next);
  }

  private static CertificateStatus replace(Node node, String name, X509Bundle next)
      throws Exception {
    return node.certificates()
        .replace(name, IssuedCertificates.chain(next), next.getPrivateKeyPEM());
  }

  private static CertificateStatus status(Node node) {
    return status(node, "service");
  }

  private static CertificateStatus status(Node node, String name) {
    return node.certificates().status(name).orElseThrow();
  }

  private static Snapshot snapshot(Node node, String name) {
    return node.metrics().get(name).snapshot();
  }

  private static Client client(Node node) throws Exception {
    return client(node, "one", "localhost");
  }

  private static Client client(Node node, String serverName) throws Exception {
    return client(node, "one", serverName);
  }

  private static Client client(Node node, String name, String serverName) throws Exception {
    InetSocketAddress address = node.addresses().get(name);
    return Client.tls(address, Client.trustingAnybody(), serverName);
  }

  private static Client client(Node node, X509Bundle own) throws Exception {
    SSLContext context = Client.showing(own);
    return Client.tls(node.addresses().get("one"), context);
  }

  /** TLS 1.3 tells a client that it was refused only after its own end of the handshake. */
  private static boolean isServed(Node node, X509Bundle own) {
    try (Client client = client(node, own)) {
      return client.ask("hello").equals("hello");
    } catch (Exception refused) {
      return false;
    }
  }

  private static void assertServed(Node node, X509Bundle expected) throws Exception {
    try (Client client = client(node)) {
      assertThat(client.served()).isEqualTo(expected.getCertificate());
      assertThat(client.ask("hello")).isEqualTo("hello");
    }
  }
}
