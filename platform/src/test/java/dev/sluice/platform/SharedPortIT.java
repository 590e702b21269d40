// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.Distribution.Run;
import dev.sluice.platform.plugin.PluginJars;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A third party's protocol on one port with the HTTP/1.1 of the distribution. */
class SharedPortIT {

  private static final String MAGIC =
      """
      package p;

      import dev.sluice.api.*;
      import io.netty.buffer.*;
      import java.nio.charset.StandardCharsets;
      import java.util.*;

      public final class Magic implements CustomProtocolSubsystem {
        public String name() { return "MAGIC"; }
        public List<String> alpnProtocols() { return List.of("magic/1"); }
        public Optional<ProtocolDetector> detector() {
          return Optional.of(ProtocolDetector.ofPrefixes("abracadabra"));
        }
        public Session create(ConnId id, SessionWriter writer) {
          return new PlaintextSession(id, writer, 1000) {
            protected boolean parse(ByteBuf in) {
              int end = in.bytesBefore((byte) 10);
              if (end >= 0) {
                String line = in.readCharSequence(end + 1, StandardCharsets.US_ASCII).toString();
                send(Unpooled.copiedBuffer("magic: " + line, StandardCharsets.US_ASCII));
              }
              return true;
            }
          };
        }
      }
      """;

  @TempDir Path folder;

  @Test
  void eachClientIsServedByTheProtocolThatItSpeaks() throws Exception {
    Path plugins = Files.createDirectory(folder.resolve("plugins"));
    try (var jars = Files.newDirectoryStream(Distribution.HOME.resolve("plugins"), "*.jar")) {
      for (Path jar : jars) {
        Files.copy(jar, plugins.resolve(jar.getFileName()));
      }
    }
    PluginJars.jar("magic.jar").source("p.Magic", MAGIC).provider("p.Magic").writeTo(plugins);
    DevelopmentCertificate certificate =
        DevelopmentCertificate.create(List.of("localhost"), Duration.ofDays(1));
    Files.writeString(folder.resolve("cert.pem"), certificate.certificatePem());
    Files.writeString(folder.resolve("key.pem"), certificate.privateKeyPem());
    Path config =
        Files.writeString(
            folder.resolve("node.yaml"),
            """
            network:
              rpc_interfaces:
                plain: { bind_address: 127.0.0.1:0, app_protocol: [MAGIC, HTTP1] }
                magical: { bind_address: 127.0.0.1:0, app_protocol: [HTTP1, MAGIC] }
                secured:
                  bind_address: 127.0.0.1:0
                  app_protocol: [MAGIC, HTTP1]
                  endorsement: { authority: service }
            certificates:
              service: { cert_file: cert.pem, key_file: key.pem }
            plugins_dir: plugins
            """);
    try (Run run = Distribution.start(folder, "run", "-c", config.toString())) {
      InetSocketAddress plain = address(run, "plain +tcp +(\\S+) +MAGIC, HTTP1 ");
      InetSocketAddress magical = address(run, "magical +tcp +(\\S+) +HTTP1, MAGIC ");
      InetSocketAddress secured = address(run, "secured +tls +(\\S+) +MAGIC, HTTP1 ");
      for (InetSocketAddress each : List.of(plain, magical)) {
        assertSpeaksHttp(Client.plain(each));
        assertSpeaksMagic(Client.plain(each), "abracadabra");
      }
      assertSpeaksMagic(Client.plain(magical), "hocus pocus");
      SSLContext trust = Client.trusting(certificate.certificate());
      assertSpeaksHttp(Client.tls(secured, trust));
      assertSpeaksHttp(Client.tls(secured, trust, "localhost", "http/1.1"));
      assertSpeaksMagic(Client.tls(secured, trust, "localhost", "http/1.1", "magic/1"), "simsala");
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
    }
  }

  private static InetSocketAddress address(Run run, String regex) {
    return Client.loopback(run.awaitOut(regex));
  }

  private static void assertSpeaksHttp(Client connected) throws Exception {
    try (Client client = connected) {
      assertThat(client.get("/")).isEqualTo("HTTP/1.1 200 OK");
    }
  }

  private static void assertSpeaksMagic(Client connected, String word) throws Exception {
    try (Client client = connected) {
      assertThat(client.ask(word)).isEqualTo("magic: " + word);
    }
  }
}
