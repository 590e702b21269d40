// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http2.FrameClient.END_HEADERS;
import static dev.sluice.protocol.http2.FrameClient.END_STREAM;
import static dev.sluice.protocol.http2.FrameClient.HEADERS;
import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.RpcContext;
import dev.sluice.protocol.http.RequestTarget;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http2.FrameClient.Frame;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Requests that no application hears of: malformed ones end their stream, and what is wrong by
 * HTTP's own rules is answered as in every version. Their connection lives on.
 */
@ResourceLock(value = HttpNode.LOG, mode = ResourceAccessMode.READ)
class RefusedRequestsTest {

  private static final String[] WELL = {
    ":method", "GET", ":scheme", "http", ":authority", "localhost", ":path", "/wait/x"
  };

  /** Field lines, and the status that they are answered with; 0: none, but a reset. */
  record Case(String name, int status, String kind, List<String> fields) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static String[] with(String... more) {
    return Stream.of(WELL, more).flatMap(Stream::of).toArray(String[]::new);
  }

  /** The same, but for one pseudo-header field; null: without it. */
  private static String[] but(String name, @Nullable String value) {
    return but(name, value, WELL);
  }

  private static String[] but(String name, @Nullable String value, String[] of) {
    String[] fields = of.clone();
    for (int i = 0; i < fields.length; i += 2) {
      if (fields[i].equals(name)) {
        if (value == null) {
          return Stream.concat(Stream.of(fields).limit(i), Stream.of(fields).skip(i + 2L))
              .toArray(String[]::new);
        }
        fields[i + 1] = value;
      }
    }
    return fields;
  }

  private static Case malformed(String name, String... fields) {
    return new Case(name, 0, "http2_protocol_error", List.of(fields));
  }

  private static Case answered(String name, int status, String kind, String... fields) {
    return new Case(name, status, kind, List.of(fields));
  }

  @SuppressWarnings("unused") // by its name
  private static final List<Case> CASES =
      List.of(
          malformed("no method", but(":method", null)),
          malformed("no scheme", but(":scheme", null)),
          malformed("no path", but(":path", null)),
          malformed("an empty path", but(":path", "")),
          malformed("a method with a space", but(":method", "GET /wait/x")),
          malformed("a method with a line end", but(":method", "GET\r\n")),
          malformed("two methods", with(":method", "GET")),
          malformed("two schemes", with(":scheme", "http")),
          malformed("two paths", with(":path", "/wait/x")),
          malformed("two authorities", with(":authority", "localhost")),
          malformed("a status", with(":status", "200")),
          malformed("an unknown pseudo-header field", with(":version", "2")),
          malformed(
              "a pseudo-header field behind others",
              ":method",
              "GET",
              ":scheme",
              "http",
              "x",
              "y",
              ":path",
              "/wait/x"),
          malformed("upper case", with("X-Y", "z")),
          malformed("a name without a letter", with("", "z")),
          malformed("a space in a name", with("x y", "z")),
          malformed("a line end in a name", with("x\r\ny", "z")),
          malformed("a line end in a value", with("x", "y\r\nz: a")),
          malformed("a zero in a value", with("x", "y\0z")),
          malformed("a space before a value", with("x", " y")),
          malformed("a space behind a value", with("x", "y ")),
          malformed("connection", with("connection", "close")),
          malformed("keep-alive", with("keep-alive", "timeout=5")),
          malformed("proxy-connection", with("proxy-connection", "keep-alive")),
          malformed("transfer-encoding", with("transfer-encoding", "chunked")),
          malformed("upgrade", with("upgrade", "h2c")),
          malformed("another TE than trailers", with("te", "gzip")),
          malformed("two lengths", with("content-length", "0", "content-length", "1")),
          malformed("a length without a body", with("content-length", "1")),
          malformed("a length that is no number", with("content-length", "abc")),
          malformed("a length below nothing", with("content-length", "-1")),
          malformed("CONNECT with a path", but(":method", "CONNECT")),
          malformed("CONNECT to nowhere", ":method", "CONNECT"),
          malformed(
              "extended CONNECT",
              ":method",
              "CONNECT",
              ":protocol",
              "websocket",
              ":scheme",
              "http",
              ":path",
              "/wait/x",
              ":authority",
              "localhost"),
          answered(
              "CONNECT",
              405,
              "method_not_allowed",
              ":method",
              "CONNECT",
              ":authority",
              "localhost:443"),
          answered("TRACE", 405, "method_not_allowed", but(":method", "TRACE")),
          answered("an unknown method", 501, "method_not_implemented", but(":method", "BREW")),
          answered("a method in lower case", 501, "method_not_implemented", but(":method", "get")),
          answered("https on plaintext", 421, "misdirected", but(":scheme", "https")),
          answered("HTTPS on plaintext", 421, "misdirected", but(":scheme", "HTTPS")),
          answered("another scheme", 421, "misdirected", but(":scheme", "ftp")),
          answered("no host at all", 400, "invalid_host", but(":authority", null)),
          answered("another host than the authority", 400, "invalid_host", with("host", "other")),
          answered(
              "two hosts", 400, "invalid_host", with("host", "localhost", "host", "localhost")),
          answered(
              "the port of https without TLS", 400, "invalid_host", with("host", "localhost:443")),
          answered("a user", 400, "invalid_host", but(":authority", "me@localhost")),
          answered("no authority", 400, "invalid_host", but(":authority", "a b")),
          answered("a path without a slash", 400, "invalid_target", but(":path", "wait/x")),
          answered("a whole URI", 400, "invalid_target", but(":path", "http://localhost/wait/x")),
          answered("an asterisk, but not OPTIONS", 400, "invalid_target", but(":path", "*")),
          answered("a space in a path", 400, "invalid_target", but(":path", "/wait/ x")),
          answered("another expectation", 417, "expectation_failed", with("expect", "200-maybe")));

  private static int send(FrameClient client, String... fields) throws IOException {
    int stream = client.newStream();
    client.write(HEADERS, END_HEADERS | END_STREAM, stream, FrameClient.block(fields));
    return stream;
  }

  @Test
  void behindAProxyThatEndsTlsHttpsIsServed() throws Exception {
    Settings settings = new Settings();
    settings.httpsOverPlaintext = true;
    try (AttackedNode node = new AttackedNode(settings);
        FrameClient client = node.attacker()) {
      int stream = send(client, but(":path", "/hello", but(":scheme", "https", WELL)));
      assertThat(client.awaitHeaders(stream).status()).isEqualTo("200");
      // The proxy's default port, and not that of the connection.
      String[] named =
          but(":path", "/hello", but(":scheme", "https", with("host", "localhost:443")));
      assertThat(client.awaitHeaders(send(client, named)).status()).isEqualTo("200");
      AttackedNode.serve(client);
    }
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void noApplicationHearsOfIt(Case request) throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      int stream = send(client, request.fields().toArray(String[]::new));
      if (request.status() == 0) {
        attacked.resetFor(client, stream, PROTOCOL_ERROR, request.kind());
      } else {
        attacked.answeredFor(client, stream, request.status(), request.kind());
      }
      assertThat(attacked.app().begun).isEmpty();
    }
  }

  @Test
  void hostMayStandForTheAuthorityOrBesideIt() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      List<String[]> good =
          List.of(
              WELL,
              with("host", "LOCALHOST"),
              with("te", "trailers"),
              with("host", "localhost:80"),
              with("host", "localhost:"),
              with("expect", ""),
              with("expect", ", 100-continue ,"),
              Stream.concat(Stream.of(but(":authority", null)), Stream.of("host", "localhost"))
                  .toArray(String[]::new));
      for (String[] fields : good) {
        send(client, fields);
        assertThat(attacked.app().nextBegun().authority()).isEqualToIgnoringCase("localhost");
      }
    }
  }

  /** RFC 9110, section 4.2.3: the default port may be left out. */
  @Test
  void theDefaultPortIsThatOfTheScheme() throws Exception {
    assertThat(RequestTarget.sameAuthority("a", "A:443", true)).isTrue();
    assertThat(RequestTarget.sameAuthority("[::1]:0443", "[::1]", true)).isTrue();
    assertThat(RequestTarget.sameAuthority("[::1]:80", "[::1]:", false)).isTrue();
    assertThat(RequestTarget.sameAuthority("a", "a:80", true)).isFalse();
    assertThat(RequestTarget.sameAuthority("a", "a:443", false)).isFalse();
    assertThat(RequestTarget.sameAuthority("a:80", "a:8080", false)).isFalse();
    assertThat(RequestTarget.sameAuthority("a", "b", false)).isFalse();
    assertThat(RequestTarget.sameAuthority("[::1]", "[::1:80]", false)).isFalse();
  }

  /** What browsers leave as it is in a path comes as it was sent. */
  @Test
  void bracketsAndBarsMayStandInAPath() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      send(client, but(":path", "/wait/a|b[c]"));
      assertThat(attacked.app().nextBegun().path()).isEqualTo("/wait/a|b[c]");
    }
  }

  /** RFC 9113, section 8.2.3. */
  @Test
  void aCookieThatWasCutIsWhole() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      send(client, with("cookie", "a=1", "x", "y", "cookie", "b=2", "cookie", "c=3"));
      RpcContext request = attacked.app().nextBegun();
      assertThat(request.headers().first("cookie")).contains("a=1; b=2; c=3");
      assertThat(request.headers().all("Cookie")).containsExactly("a=1; b=2; c=3");
      StringBuilder all = new StringBuilder();
      request.headers().forEach((name, value) -> all.append(name + ": " + value + "\n"));
      assertThat(all).hasToString("cookie: a=1; b=2; c=3\nx: y\n");
      assertThat(request.headers().size()).isEqualTo(2);
    }
  }

  @Test
  void refusalsSayWhatIsWrongAndNothingOfWhatWasSent() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      int stream = send(client, but(":method", "TRACE"));
      Frame head = client.awaitHeaders(stream);
      assertThat(head.headers()).isNotNull();
      assertThat(head.headers().get("allow")).asString().contains("GET").doesNotContain("TRACE");
      assertThat(head.headers().get("connection")).isNull();
      assertThat(client.body(stream)).asString().contains("method_not_allowed");
    }
  }
}
