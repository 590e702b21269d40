// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import static dev.sluice.platform.IssuedCertificates.authority;
import static dev.sluice.platform.IssuedCertificates.issued;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.pkitesting.X509Bundle;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A chain is served if clients can follow it today. */
class ChainChecksTest {

  private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final Instant from = now.minus(Duration.ofHours(1));
  private final Instant to = now.plus(Duration.ofHours(1));

  private static final X509Bundle ROOT = authority("Root", null);
  private static final X509Bundle MIDDLE = authority("Middle", ROOT);
  private static final X509Bundle NAMESAKE = authority("Middle", ROOT);
  private final X509Bundle leaf = issued(MIDDLE, "leaf.example", from, to);

  @Test
  void isGoodWithItsIssuersAndWithoutToBothEndsOfItsTime() throws Exception {
    for (Instant moment : List.of(from, now, to)) {
      ChainChecks.check(chain(leaf), moment);
    }
    ChainChecks.check(chain(leaf, MIDDLE), now);
    ChainChecks.check(chain(leaf, MIDDLE, ROOT), now);
    ChainChecks.check(chain(ROOT), now);
    assertThat(ChainChecks.notBefore(chain(leaf, MIDDLE, ROOT))).isEqualTo(from);
    assertThat(ChainChecks.notAfter(chain(leaf, MIDDLE, ROOT))).isEqualTo(to);
  }

  @Test
  void isRefusedBeforeItsTimeAndTellsWhenToTryAgain() {
    CertificateRefusedException refused = refused(from.minusMillis(1), leaf);
    assertThat(refused).hasMessage("the certificate 'CN=leaf.example' is not valid before " + from);
    assertThat(refused.goodFrom()).isEqualTo(from);
  }

  @Test
  void isRefusedAfterItsTimeForGood() {
    CertificateRefusedException refused = refused(to.plusMillis(1), leaf);
    assertThat(refused).hasMessage("the certificate 'CN=leaf.example' expired at " + to);
    assertThat(refused.goodFrom()).isNull();
  }

  @Test
  void isRefusedWithAnIssuerOutsideItsTime() {
    X509Bundle shortLived = issued(ROOT, "Short", from, now);
    X509Bundle orphan = issued(shortLived, "leaf.example", from, to);
    assertThat(refused(now.plusSeconds(1), orphan, shortLived))
        .hasMessage("certificate 2 of the chain, 'CN=Short', expired at " + now);
  }

  @Test
  void isRefusedOutOfOrderOrWithAHoleOrAStranger() {
    assertThat(refused(now, leaf, ROOT))
        .hasMessage(
            "the chain is broken: certificate 1 of the chain, 'CN=leaf.example', was not signed by"
                + " the one behind it, 'CN=Root'");
    assertThat(refused(now, leaf, ROOT, MIDDLE)).hasMessageStartingWith("the chain is broken: ");
    assertThat(refused(now, leaf, MIDDLE, leaf))
        .hasMessageContaining("certificate 2 of the chain, 'CN=Middle', was not signed by");
  }

  @Test
  void isRefusedWithAnIssuerOfTheRightNameAndAnotherKey() {
    assertThat(refused(now, leaf, NAMESAKE)).hasMessageStartingWith("the chain is broken: ");
  }

  private static CertificateRefusedException refused(Instant moment, X509Bundle... bundles) {
    CertificateRefusedException thrown =
        catchThrowableOfType(
            CertificateRefusedException.class, () -> ChainChecks.check(chain(bundles), moment));
    assertThat(thrown).as("a refusal").isNotNull();
    return thrown;
  }

  private static List<X509Certificate> chain(X509Bundle... bundles) {
    return Arrays.stream(bundles).map(X509Bundle::getCertificate).toList();
  }
}
