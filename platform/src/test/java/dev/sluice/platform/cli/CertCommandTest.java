// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice cert}: the files it leaves, and those that it leaves alone. */
class CertCommandTest {

  @TempDir Path temp;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void bothFilesAreWrittenAndTheKeyIsForTheOwnerAlone() throws Exception {
    Path folder = temp.resolve("new/folder");

    assertThat(cert(folder, "--host", "a.example", "--host", "::1", "--days", "3")).isZero();

    assertThat(names(folder)).containsExactly("cert.pem", "key.pem");
    assertThat(permissions(folder.resolve("key.pem"))).isEqualTo("rw-------");
    assertThat(permissions(folder.resolve("cert.pem"))).isEqualTo("rw-r--r--");
    assertThat(read(folder).getSubjectAlternativeNames())
        .containsExactly(List.of(2, "a.example"), List.of(7, "0:0:0:0:0:0:0:1"));
    assertThat(out.toString())
        .contains(
            "service: { cert_file: " + folder.resolve("cert.pem"),
            "key_file: " + folder.resolve("key.pem"),
            "curl --cacert " + folder.resolve("cert.pem") + " https://a.example:8443/");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void withoutHostsItIsForThisMachine() throws Exception {
    assertThat(cert(temp)).isZero();
    assertThat(read(temp).getSubjectAlternativeNames()).hasSize(3);
  }

  @Test
  void whatIsThereIsReplacedOnlyByForce() throws Exception {
    Files.writeString(temp.resolve("key.pem"), "precious");

    assertThat(cert(temp)).isEqualTo(2);
    assertThat(temp.resolve("key.pem")).hasContent("precious");
    assertThat(names(temp)).containsExactly("key.pem");
    assertThat(err.toString().lines())
        .containsExactly(
            "sluice: " + temp.resolve("key.pem") + " is there already; --force replaces it");

    assertThat(cert(temp, "--force")).isZero();
    assertThat(Files.readString(temp.resolve("key.pem"))).startsWith("-----BEGIN PRIVATE KEY");
    assertThat(permissions(temp.resolve("key.pem"))).isEqualTo("rw-------");
    assertThat(names(temp)).containsExactly("cert.pem", "key.pem");
  }

  @Test
  void aFolderThatCannotBeIsAnErrorOfOneLine() throws IOException {
    Path file = Files.createFile(temp.resolve("file"));

    assertThat(cert(file.resolve("below"))).isEqualTo(1);
    assertThat(err.toString().lines()).singleElement().asString().contains(file.toString());
  }

  private int cert(Path folder, String... options) {
    List<String> args = new ArrayList<>(List.of("cert", "--out", folder.toString()));
    args.addAll(List.of(options));
    return SluiceCommand.execute(
        new NoNode(), new PrintWriter(out), new PrintWriter(err), args.toArray(String[]::new));
  }

  private static X509Certificate read(Path folder) throws Exception {
    try (InputStream in = Files.newInputStream(folder.resolve("cert.pem"))) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
