// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.bridge.CertificateVersion;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The certificate that a name finds. */
class ServerNameTableTest {

  private static final ServedCertificate FIRST = served("first", "first.example", "both.example");
  private static final ServedCertificate STAR = served("star", "*.example", "*.deep.example");
  private static final ServedCertificate EXACT = served("exact", "a.example", "both.example");

  @ParameterizedTest
  @CsvSource({
    "first.example, first",
    "FIRST.Example, first",
    "first.example., first",
    "a.example, exact",
    "b.example, star",
    "B.EXAMPLE., star",
    "c.deep.example, star",
    "both.example, first",
  })
  void isTheOneThatHasIt(String name, String certificate) {
    assertThat(found(table(true), name)).isEqualTo(certificate);
    assertThat(found(table(false), name)).isEqualTo(certificate);
  }

  @ParameterizedTest
  @CsvSource({
    "example",
    ".example",
    "c.b.example",
    "a.b.deep.example",
    "first.example.org",
    "first",
    "*.org",
    "''",
  })
  void thatNoneHasFindsTheDefaultOrNothing(String name) {
    assertThat(found(table(false), name)).isEqualTo("first");
    assertThat(found(table(true), name)).isEqualTo("refused");
  }

  @Test
  void thatIsNotGivenFindsTheDefault() {
    assertThat(table(true).find(Optional.empty())).isSameAs(FIRST);
    assertThat(table(false).find(Optional.empty())).isSameAs(FIRST);
  }

  @Test
  void ofASingleCertificateMattersOnlyWhereOthersAreRefused() {
    Stream<ServedCertificate> one = Stream.of(served("only", "only.example"));
    ServerNameTable strict = ServerNameTable.of(one, FIRST, true);
    assertThat(found(strict, "only.example")).isEqualTo("only");
    assertThat(found(strict, "other.example")).isEqualTo("refused");
  }

  private static ServerNameTable table(boolean refuses) {
    return ServerNameTable.of(Stream.of(FIRST, STAR, EXACT), FIRST, refuses);
  }

  private static String found(ServerNameTable table, String name) {
    ServedCertificate served = table.find(Optional.of(name));
    return served == null ? "refused" : served.version().name();
  }

  private static ServedCertificate served(String name, String... dnsNames) {
    return new ServedCertificate(new CertificateVersion(name, 1), null, List.of(dnsNames));
  }
}
