// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.platform.IssuedCertificates;
import dev.sluice.platform.Waiting;
import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.config.Problems;
import dev.sluice.transport.epoll.tls.ServerIdentity;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What the store makes of time and of files, look by look; what it says and how often. */
class CertificateStoreTest {

  private static final X509Bundle ROOT = IssuedCertificates.authority("Root", null);
  private final Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  private final Logger logger = (Logger) LoggerFactory.getLogger(CertificateStore.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private Instant now = start;

  @TempDir Path folder;

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(log);
  }

  @Test
  void filesAreReadOnceTwoLooksHaveFoundTheSame() throws Exception {
    CertificateStore store = store();
    write(valid("first", 100));
    store.look();
    assertThat(status(store).available()).isFalse();
    Files.writeString(folder.resolve("service.pem"), "\n", StandardOpenOption.APPEND);
    store.look();
    assertThat(status(store).available()).isFalse();
    store.look();
    assertThat(status(store).available()).isTrue();
    assertThat(status(store).since()).contains(start);
  }

  @Test
  void whatIsNotValidYetIsServedWhenItsTimeHasCome() throws Exception {
    write(valid("first", 100));
    CertificateStore store = store();
    write(
        IssuedCertificates.issued(
            ROOT, "tomorrow", start.plus(Duration.ofDays(1)), start.plus(Duration.ofDays(90))));
    looks(store, 5);
    assertThat(status(store).generation()).isEqualTo(1);
    assertThat(status(store).failures()).isEqualTo(1);

    now = start.plus(Duration.ofHours(23));
    looks(store, 3);
    assertThat(status(store).generation()).isEqualTo(1);
    now = start.plus(Duration.ofDays(1));
    store.look();
    assertThat(status(store).generation()).isEqualTo(2);
    assertThat(status(store).lastFailure()).isEmpty();
    assertThat(status(store).subject()).contains("CN=tomorrow");
  }

  @Test
  void whatStaysBadIsToldOnceAndWhatTurnsBadAgainIsToldAgain() throws Exception {
    X509Bundle good = valid("good", 100);
    write(good);
    CertificateStore store = store();
    Files.writeString(folder.resolve("service.key"), "none");
    looks(store, 10);
    assertThat(status(store).failures()).isEqualTo(1);
    // Other content, the same words.
    Files.writeString(folder.resolve("service.key"), "none here either");
    looks(store, 10);
    assertThat(status(store).failures()).isEqualTo(2);
    assertThat(lines("WARN"))
        .containsExactly(
            "WARN certificate service: what came of "
                + folder.resolve("service.pem")
                + " and "
                + folder.resolve("service.key")
                + " is refused: found no private key; generation 1 stays");
    write(good);
    looks(store, 3);
    assertThat(status(store).lastFailure()).isEmpty();
    assertThat(status(store).generation()).isEqualTo(1);
    Files.writeString(folder.resolve("service.key"), "none");
    looks(store, 3);
    assertThat(lines("WARN")).hasSize(2);
    assertThat(status(store).failures()).isEqualTo(3);
  }

  @Test
  void whatCouldNotBeReadIsTriedAtEachLookAndNotWhileItIsWritten() throws Exception {
    X509Bundle good = valid("good", 100);
    write(good);
    CertificateStore store = store();
    Files.delete(folder.resolve("service.key"));
    Files.createDirectory(folder.resolve("service.key"));
    looks(store, 10);
    assertThat(status(store).failures()).isEqualTo(1);
    assertThat(lines("WARN")).hasSize(1);
    Files.delete(folder.resolve("service.key"));
    Files.writeString(folder.resolve("service.key"), "-----BEGIN PRIVATE KEY-----");
    store.look();
    assertThat(status(store).failures()).isEqualTo(1);
    Files.writeString(folder.resolve("service.key"), good.getPrivateKeyPEM());
    looks(store, 2);
    assertThat(status(store).lastFailure()).isEmpty();
    assertThat(status(store).failures()).isEqualTo(1);
    assertThat(status(store).generation()).isEqualTo(1);
  }

  @Test
  void filesThatAreOnlyTouchedDoNotTakeOverFromACall() throws Exception {
    X509Bundle first = valid("first", 100);
    write(first);
    CertificateStore store = store();
    X509Bundle called = valid("called", 100);
    store.replace("service", IssuedCertificates.chain(called), called.getPrivateKeyPEM());
    write(first);
    looks(store, 3);
    assertThat(status(store).subject()).contains("CN=called");
    write(valid("second", 100));
    looks(store, 3);
    assertThat(status(store).subject()).contains("CN=second");
    assertThat(status(store).generation()).isEqualTo(3);
  }

  @Test
  void aCertificateThatTakesAPlaceIsToldInALine() throws Exception {
    write(valid("first", 100));
    CertificateStore store = store();
    write(valid("second", 200));
    looks(store, 3);
    assertThat(lines("INFO"))
        .containsExactly(
            "INFO certificate service: serves generation 1, 'CN=first', valid until "
                + start.plus(Duration.ofDays(100)),
            "INFO certificate service: serves generation 2, 'CN=second', valid until "
                + start.plus(Duration.ofDays(200)));
    assertThat(status(store).notAfter()).contains(start.plus(Duration.ofDays(200)));
    assertThat(status(store).daysLeft(now)).isEqualTo(200);
    assertThat(status(store).daysLeft(now.plus(Duration.ofDays(201)))).isEqualTo(-1);
  }

  @Test
  void theEndIsWarnedOfOnceADay() throws Exception {
    write(valid("first", 16));
    CertificateStore store = store();
    looks(store, 5);
    assertThat(lines("WARN")).isEmpty();
    now = start.plus(Duration.ofDays(3));
    looks(store, 5);
    assertThat(lines("WARN"))
        .containsExactly(
            "WARN certificate service: 13 days left, 'CN=first' is valid until "
                + start.plus(Duration.ofDays(16)));
    now = now.plus(Duration.ofDays(1));
    looks(store, 5);
    assertThat(lines("WARN")).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      classes = {IllegalStateException.class, LinkageError.class, StackOverflowError.class})
  void whateverIsThrownTheLooksGoOnAndItIsToldOnce(Class<? extends Throwable> thrown)
      throws Exception {
    write(valid("first", 100));
    AtomicInteger looks = new AtomicInteger();
    try (CertificateStore store = store()) {
      store.start(
          () -> {
            looks.incrementAndGet();
            fail(thrown);
          });
      Waiting.until("the looks go on", () -> looks.get() >= 5);
      // A call is answered all the same: it is placed before anybody is told.
      write(valid("second", 100));
      Waiting.until("a change is taken", () -> status(store).generation() == 2);
    }
    assertThat(lines("ERROR")).containsExactly("ERROR looking for certificates failed; it goes on");
  }

  @ParameterizedTest
  @ValueSource(
      classes = {IllegalStateException.class, LinkageError.class, StackOverflowError.class})
  void aCertificateThatCantBeCheckedIsRefusedAndHoldsNoOtherUp(Class<? extends Throwable> thrown)
      throws Exception {
    write("service", valid("first", 100));
    write("other", valid("another", 100));
    boolean[] failing = {false};
    CertificateStore store =
        store(
            (cert, key) -> {
              if (failing[0] && cert.endsWith("service.pem")) {
                fail(thrown);
              }
              return ServerIdentity.read(cert, key);
            },
            "  other: { cert_file: other.pem, key_file: other.key }\n");
    failing[0] = true;
    write("service", valid("second", 100));
    write("other", valid("yetanother", 100));
    looks(store, 10);
    assertThat(status(store, "other").generation()).isEqualTo(2);
    assertThat(status(store).generation()).isEqualTo(1);
    assertThat(status(store).failures()).isEqualTo(1);
    assertThat(status(store).lastFailure().orElseThrow().reason()).contains(thrown.getName());
    assertThat(lines("WARN")).hasSize(1);

    failing[0] = false;
    looks(store, 2);
    assertThat(status(store).generation()).isEqualTo(2);
    assertThat(status(store).lastFailure()).isEmpty();
  }

  private static void fail(Class<? extends Throwable> thrown) {
    Throwable failure;
    try {
      failure = thrown.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(e);
    }
    if (failure instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) failure;
  }

  private CertificateStore store() {
    return store(ServerIdentity::read, "");
  }

  private CertificateStore store(ManagedCertificate.IdentityReader reader, String more) {
    Problems problems = new Problems();
    CertificatePlanner planner =
        new CertificatePlanner(
            ConfigurationLoader.parse(
                "node.yaml",
                """
                    network: { rpc_interfaces: { one: { bind_address: "127.0.0.1:0", app_protocol: X } } }
                    certificates:
                      service: { cert_file: service.pem, key_file: service.key }
                    certificate_check_interval: 50ms
                    """
                    .replace("certificates:\n", "certificates:\n" + more),
                folder,
                List.of()),
            problems,
            () -> now,
            reader);
    planner.read();
    CertificateStore store = planner.store();
    problems.throwIfAny();
    store.announce();
    return store;
  }

  private X509Bundle valid(String name, int days) {
    return IssuedCertificates.issued(
        ROOT, name, start.minus(Duration.ofHours(1)), start.plus(Duration.ofDays(days)));
  }

  private void write(X509Bundle bundle) throws IOException {
    write("service", bundle);
  }

  private void write(String name, X509Bundle bundle) throws IOException {
    Files.writeString(folder.resolve(name + ".pem"), bundle.getCertificatePEM());
    Files.writeString(folder.resolve(name + ".key"), bundle.getPrivateKeyPEM());
  }

  private static void looks(CertificateStore store, int times) {
    for (int i = 0; i < times; i++) {
      store.look();
    }
  }

  private static CertificateStatus status(CertificateStore store) {
    return status(store, "service");
  }

  private static CertificateStatus status(CertificateStore store, String name) {
    return store.status(name).orElseThrow();
  }

  private List<String> lines(String level) {
    return log.list.stream()
        .map(event -> event.getLevel() + " " + event.getFormattedMessage())
        .filter(line -> line.startsWith(level))
        .toList();
  }
}
