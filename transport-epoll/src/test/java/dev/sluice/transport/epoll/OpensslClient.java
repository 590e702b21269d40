// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The {@code openssl s_client} of the machine, for what Java's client can't be made to do. */
final class OpensslClient implements AutoCloseable {

  private final Process process;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final CompletableFuture<Void> reader;

  /** Connects; what {@code s_client} prints is gathered. */
  OpensslClient(OpenSslServer server, String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-connect"));
    command.add("127.0.0.1:" + server.address().getPort());
    command.addAll(List.of("-CAfile", TestCertificates.TRUSTED.toString()));
    command.addAll(List.of(options));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    reader =
        CompletableFuture.runAsync(
            () -> {
              try {
                process.getInputStream().transferTo(output);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            task -> new Thread(task).start());
  }

  /** Writes a certificate with its chain and key, for {@code -cert} and {@code -key}. */
  static String certificate(Path folder, String name, X509Bundle bundle) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, bundle.getCertificatePathPEM() + bundle.getPrivateKeyPEM());
    return file.toString();
  }

  void type(String line) throws IOException {
    OutputStream in = process.getOutputStream();
    in.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    in.flush();
  }

  String awaitOutput(String text) {
    TestNode.await(
        "openssl prints '" + text + "'", () -> printed().contains(text) || reader.isDone());
    if (!printed().contains(text)) {
      throw new AssertionError("openssl ended without '" + text + "': " + printed());
    }
    return printed();
  }

  private String printed() {
    return output.toString(StandardCharsets.ISO_8859_1);
  }

  /** Waits until the server has ended the connection, and answers all that was printed. */
  String awaitEnd() throws Exception {
    reader.get(TestNode.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    return printed();
  }

  /** Says nothing and leaves, and answers all that was printed. */
  String leave() throws Exception {
    process.getOutputStream().close();
    return awaitEnd();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
