// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The {@code openssl s_server} of the machine, which sends each line back reversed. */
final class OpensslServer implements AutoCloseable {

  private static final Pattern ACCEPT = Pattern.compile("ACCEPT \\S*:(\\d+)");

  private final Process process;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  OpensslServer(String... options) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("openssl", "s_server", "-accept", "127.0.0.1:0", "-rev"));
    command.addAll(List.of("-cert", TestCertificates.SERVER_CHAIN.toString()));
    command.addAll(List.of("-cert_chain", TestCertificates.SERVER_CHAIN.toString()));
    command.addAll(List.of("-key", TestCertificates.SERVER_KEY.toString()));
    command.addAll(List.of(options));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    Thread reader =
        new Thread(
            () -> {
              try (InputStream in = process.getInputStream()) {
                in.transferTo(output);
              } catch (IOException ended) {
                // The end of the test.
              }
            });
    reader.setDaemon(true);
    reader.start();
    TestNode.await("openssl listens: " + printed(), () -> ACCEPT.matcher(printed()).find());
  }

  InetSocketAddress address() {
    Matcher matcher = ACCEPT.matcher(printed());
    if (!matcher.find()) {
      throw new AssertionError(printed());
    }
    return new InetSocketAddress(
        InetAddress.getLoopbackAddress(), Integer.parseInt(matcher.group(1)));
  }

  String printed() {
    return output.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
