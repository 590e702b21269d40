// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.HttpClient.Answer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every request that is refused, from the wire: its status, its counter, the end that follows. */
@ResourceLock(HttpNode.LOG)
class RequestDecisionsTest {

  private static final String HOST = "Host: localhost\r\n";

  private static TestApp app = new TestApp();
  private static HttpNode node;

  @BeforeAll
  static void start() throws Exception {
    Settings settings = new Settings();
    settings.maxBody = 1000;
    settings.maxAggregated = 500;
    settings.maxHeader = 2048;
    settings.maxCount = 20;
    settings.maxTarget = 200;
    app = new TestApp();
    node = settings.options().start(app);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  /** Input, and what it is answered with. */
  record Refused(String what, String input, int status, String code) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static Refused refused(String what, String input, int status, String code) {
    return new Refused(what, input, status, code);
  }

  private static Refused get(String what, String fields, int status, String code) {
    return refused(what, "GET /hello HTTP/1.1\r\n" + fields + "\r\n", status, code);
  }

  private static Refused post(String what, String fieldsAndBody, int status, String code) {
    return refused(what, "POST /echo HTTP/1.1\r\n" + HOST + fieldsAndBody, status, code);
  }

  private static Refused line(String what, String line, int status, String code) {
    return refused(what, line + "\r\n" + HOST + "\r\n", status, code);
  }

  static List<Refused> cases() {
    List<Refused> cases = new ArrayList<>();
    // RFC 9112, section 3: the request line.
    cases.add(
        line("two spaces after the method", "GET  /hello HTTP/1.1", 400, "invalid_request_line"));
    cases.add(
        line("two spaces before the version", "GET /hello  HTTP/1.1", 400, "invalid_request_line"));
    cases.add(line("a tab for a space", "GET\t/hello HTTP/1.1", 400, "invalid_request_line"));
    cases.add(
        line("a space behind the version", "GET /hello HTTP/1.1 ", 400, "invalid_request_line"));
    cases.add(
        line("a space before the method", " GET /hello HTTP/1.1", 400, "invalid_request_line"));
    cases.add(line("no version", "GET /hello", 400, "invalid_request_line"));
    cases.add(line("one word", "GET", 400, "invalid_request_line"));
    cases.add(
        line("a method that is no token", "G(T /hello HTTP/1.1", 400, "invalid_request_line"));
    cases.add(line("a space in the target", "GET /hel lo HTTP/1.1", 400, "invalid_request_line"));
    cases.add(line("a lower-case version", "GET /hello http/1.1", 400, "invalid_request_line"));
    cases.add(line("a version of two digits", "GET /hello HTTP/1.10", 400, "invalid_request_line"));
    cases.add(line("no minor version", "GET /hello HTTP/1", 400, "invalid_request_line"));
    cases.add(line("another name", "GET /hello HTTQ/1.1", 400, "invalid_request_line"));
    cases.add(
        refused(
            "three empty lines before",
            "\r\n\r\n\r\nGET /hello HTTP/1.1\r\n",
            400,
            "invalid_request_line"));
    cases.add(
        refused(
            "a TLS handshake",
            "\u0016\u0003\u0001\u0002\u0000\u0001",
            400,
            "invalid_request_line"));
    cases.add(
        refused(
            "a NUL byte", "GET /he\u0000llo HTTP/1.1\r\n" + HOST + "\r\n", 400, "invalid_target"));
    // RFC 9112, section 2.2: line ends.
    cases.add(refused("a bare LF", "GET /hello HTTP/1.1\nHost: a\n\n", 400, "invalid_line_end"));
    cases.add(
        refused(
            "a bare LF behind a field",
            "GET /hello HTTP/1.1\r\nHost: a\n\r\n",
            400,
            "invalid_line_end"));
    cases.add(
        refused(
            "a bare LF before",
            "\nGET /hello HTTP/1.1\r\n" + HOST + "\r\n",
            400,
            "invalid_line_end"));
    cases.add(get("a bare CR in a value", HOST + "X: a\rb\r\n", 400, "invalid_header"));
    cases.add(
        refused(
            "a bare CR in the line",
            "GET /hello\r HTTP/1.1\r\n" + HOST + "\r\n",
            400,
            "invalid_target"));
    // RFC 9110, section 15.6.6: versions.
    for (String version : List.of("0.9", "2.0", "3.7", "0.0", "9.9")) {
      cases.add(
          line("HTTP/" + version, "GET /hello HTTP/" + version, 505, "version_not_supported"));
    }
    cases.add(
        refused(
            "the preface of HTTP/2",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            505,
            "version_not_supported"));
    // RFC 9110, section 9: methods.
    cases.add(line("an unknown method", "BREW /hello HTTP/1.1", 501, "method_not_implemented"));
    cases.add(line("a method in lower case", "get /hello HTTP/1.1", 501, "method_not_implemented"));
    cases.add(refused("a method without an end", "A".repeat(100), 501, "method_not_implemented"));
    cases.add(line("CONNECT", "CONNECT localhost:80 HTTP/1.1", 405, "method_not_allowed"));
    cases.add(line("TRACE", "TRACE /hello HTTP/1.1", 405, "method_not_allowed"));
    // RFC 9112, section 3.2: targets.
    for (String target :
        List.of(
            "hello",
            "/a#b",
            "/%zz",
            "/%4",
            "/a%",
            "/a\"b",
            "/<a>",
            "/a\\b",
            "/a^b",
            "/a`b",
            "/{a}",
            "/\u00e4",
            "/\u007f",
            "/\u0001",
            "*",
            "localhost:80",
            "ftp://localhost/",
            "http:///hello",
            "http://user@localhost/hello",
            "http://a b/",
            "http://localhost:99999/",
            "http://localhost:8a/",
            "http://[::1/",
            "http://[x]/",
            "/hello?<",
            "/hello?a#b",
            "/hello?\u00fc")) {
      cases.add(
          line(
              "target " + target,
              "GET " + target + " HTTP/1.1",
              400,
              target.contains(" ") ? "invalid_request_line" : "invalid_target"));
    }
    cases.add(
        line("a target too long", "GET /" + "a".repeat(200) + " HTTP/1.1", 414, "target_too_long"));
    cases.add(
        refused(
            "a target too long that has no end",
            "GET /" + "a".repeat(300),
            414,
            "target_too_long"));
    // RFC 9112, section 3.2: the Host field.
    cases.add(get("no Host", "", 400, "invalid_host"));
    cases.add(get("two Hosts", HOST + HOST, 400, "invalid_host"));
    cases.add(get("two Hosts in one", "Host: a, b\r\n", 400, "invalid_host"));
    for (String host :
        List.of(
            "",
            " ",
            "a b",
            "user@a",
            "a/b",
            "a:b",
            "a:1:2",
            "a:65536",
            "a:123456",
            "[::1",
            "[]",
            "[zz]",
            "::1",
            "a#",
            "a?",
            "\u00e4",
            "http://a",
            "a%zz",
            "<a>")) {
      cases.add(get("Host '" + host + "'", "Host: " + host + "\r\n", 400, "invalid_host"));
    }
    cases.add(
        refused(
            "two Hosts on HTTP/1.0",
            "GET /hello HTTP/1.0\r\n" + HOST + HOST + "\r\n",
            400,
            "invalid_host"));
    cases.add(
        refused(
            "an absolute target without Host",
            "GET http://localhost/hello HTTP/1.1\r\n\r\n",
            400,
            "invalid_host"));
    // RFC 9110, section 7.4: what is to be had under TLS alone.
    cases.add(
        refused(
            "https on plaintext",
            "GET HTTPS://b/target HTTP/1.1\r\nHost: b\r\n\r\n",
            421,
            "misdirected"));
    // RFC 9112, section 5: fields.
    cases.add(get("a space before the colon", HOST + "X : a\r\n", 400, "invalid_header"));
    cases.add(get("a tab before the colon", HOST + "X\t: a\r\n", 400, "invalid_header"));
    cases.add(get("no colon", HOST + "Xa\r\n", 400, "invalid_header"));
    cases.add(get("no name", HOST + ": a\r\n", 400, "invalid_header"));
    cases.add(get("a name that is no token", HOST + "X[]: a\r\n", 400, "invalid_header"));
    cases.add(get("a name above ASCII", HOST + "X\u00e4: a\r\n", 400, "invalid_header"));
    cases.add(get("folded by a space", HOST + "X: a\r\n b\r\n", 400, "obsolete_folding"));
    cases.add(get("folded by a tab", HOST + "X: a\r\n\tb\r\n", 400, "obsolete_folding"));
    cases.add(get("a fold before the first", " X: a\r\n" + HOST, 400, "invalid_header"));
    for (String control : List.of("\u0000", "\u0001", "\u0008", "\u000b", "\u001f", "\u007f")) {
      cases.add(
          get(
              "a control byte in a value",
              HOST + "X: a" + control + "b\r\n",
              400,
              "invalid_header"));
      cases.add(
          get("a control byte in a name", HOST + "X" + control + ": b\r\n", 400, "invalid_header"));
    }
    cases.add(get("too many fields", HOST + "X: a\r\n".repeat(20), 431, "headers_too_large"));
    cases.add(
        get(
            "a field too long",
            HOST + "X: " + "a".repeat(2100) + "\r\n",
            431,
            "headers_too_large"));
    cases.add(
        get(
            "fields too long",
            HOST + ("X: " + "a".repeat(200) + "\r\n").repeat(11),
            431,
            "headers_too_large"));
    cases.add(
        refused(
            "a field too long that has no end",
            "GET /hello HTTP/1.1\r\nX: " + "a".repeat(2100),
            431,
            "headers_too_large"));
    // RFC 9112, section 6: how long the body is.
    for (String length :
        List.of("+5", "-5", "0x5", "5,5", "5 5", "", "five", "5.0", "1e3", "\u00b2")) {
      cases.add(
          post(
              "Content-Length '" + length + "'",
              "Content-Length: " + length + "\r\n\r\nhello",
              400,
              "invalid_framing"));
    }
    cases.add(
        post(
            "two lengths",
            "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            400,
            "invalid_framing"));
    cases.add(
        post(
            "the same length twice",
            "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            400,
            "invalid_framing"));
    cases.add(
        post(
            "a length and chunks",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "invalid_framing"));
    cases.add(
        post(
            "chunks and a length",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            400,
            "invalid_framing"));
    cases.add(
        post(
            "chunked before another",
            "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
            400,
            "invalid_framing"));
    cases.add(
        post(
            "chunked twice",
            "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            400,
            "invalid_framing"));
    cases.add(
        post(
            "chunked in two fields",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "invalid_framing"));
    cases.add(post("not chunked", "Transfer-Encoding: gzip\r\n\r\nhello", 400, "invalid_framing"));
    cases.add(post("identity", "Transfer-Encoding: identity\r\n\r\nhello", 400, "invalid_framing"));
    cases.add(post("an empty coding", "Transfer-Encoding:\r\n\r\nhello", 400, "invalid_framing"));
    cases.add(
        post("nearly chunked", "Transfer-Encoding: xchunked\r\n\r\nhello", 400, "invalid_framing"));
    cases.add(
        post(
            "gzip, chunked",
            "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            501,
            "coding_not_implemented"));
    cases.add(
        refused(
            "chunks on HTTP/1.0",
            "POST /echo HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "invalid_framing"));
    cases.add(post("a body too long", "Content-Length: 1001\r\n\r\n", 413, "body_too_large"));
    cases.add(
        post(
            "a body of more digits than a long",
            "Content-Length: 99999999999999999999\r\n\r\n",
            413,
            "body_too_large"));
    cases.add(
        post(
            "a body too long to be gathered",
            "Content-Length: 501\r\n\r\n",
            413,
            "body_too_large"));
    // RFC 9112, section 7.1: chunks.
    String chunked = "Transfer-Encoding: chunked\r\n\r\n";
    for (String size :
        List.of("", "g", "-1", "+1", "0x1", " 1", "1 ", "1 x", "\u00e4", "1\u0000", "1;a\u0001")) {
      cases.add(
          post(
              "chunk size '" + size + "'",
              chunked + size + "\r\na\r\n0\r\n\r\n",
              400,
              "invalid_chunk"));
    }
    cases.add(
        post(
            "a chunk longer than it says", chunked + "1\r\nab\r\n0\r\n\r\n", 400, "invalid_chunk"));
    cases.add(post("a chunk that ends in LF", chunked + "1\r\na\n0\r\n\r\n", 400, "invalid_chunk"));
    cases.add(
        post("a size that ends in LF", chunked + "1\na\r\n0\r\n\r\n", 400, "invalid_line_end"));
    for (String extension :
        List.of(
            ";",
            ";;a",
            ";=b",
            ";a=",
            ";a=\"b",
            ";a=\"b\\\"",
            ";a=\"\u0001b",
            ";a=\"\u00e4\"",
            ";a b",
            ";a=b c",
            "a",
            " ")) {
      cases.add(
          post(
              "extension '" + extension + "'",
              chunked + "1" + extension + "\r\na\r\n0\r\n\r\n",
              400,
              "invalid_chunk"));
    }
    cases.add(
        post(
            "an extension without an end",
            chunked + "1;" + "a".repeat(1100),
            400,
            "invalid_chunk"));
    cases.add(
        post(
            "more extensions than body",
            chunked + ("1;" + "a".repeat(900) + "\r\na\r\n").repeat(20),
            400,
            "invalid_chunk"));
    cases.add(post("a chunk too long", chunked + "3e9\r\n", 413, "body_too_large"));
    cases.add(
        post("a size beyond a long", chunked + "fffffffffffffffff\r\n", 413, "body_too_large"));
    cases.add(
        post(
            "chunks too long together",
            chunked + ("64\r\n" + "a".repeat(100) + "\r\n").repeat(11),
            413,
            "body_too_large"));
    // RFC 9110, section 6.5: trailers.
    for (String trailer :
        List.of(
            "Content-Length: 5",
            "Transfer-Encoding: chunked",
            "Host: b",
            "Trailer: x",
            "Authorization: x")) {
      cases.add(
          post(
              "trailer " + trailer,
              chunked + "0\r\n" + trailer + "\r\n\r\n",
              400,
              "invalid_trailer"));
    }
    cases.add(
        post("a trailer that is no field", chunked + "0\r\nnone\r\n\r\n", 400, "invalid_trailer"));
    cases.add(
        post("a folded trailer", chunked + "0\r\na: b\r\n c\r\n\r\n", 400, "obsolete_folding"));
    cases.add(
        post(
            "too many trailers",
            chunked + "0\r\n" + "a: b\r\n".repeat(21) + "\r\n",
            431,
            "headers_too_large"));
    cases.add(
        post(
            "trailers too long",
            chunked + "0\r\na: " + "b".repeat(2100),
            431,
            "headers_too_large"));
    // RFC 9110, section 10.1.1: expectations.
    cases.add(
        post(
            "another expectation",
            "Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello",
            417,
            "expectation_failed"));
    cases.add(
        post(
            "one more expectation",
            "Expect: 100-continue, x\r\nContent-Length: 5\r\n\r\nhello",
            417,
            "expectation_failed"));
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isRefusedCountedAndClosed(Refused refused) throws Exception {
    long before = node.counted(refused.code);
    try (HttpClient client = node.connect()) {
      client.send(refused.input + "GET /hello HTTP/1.1\r\nHost: behind\r\n\r\n");
      Answer answer = client.answer(refused.input.startsWith("HEAD") ? "HEAD" : "GET");
      assertThat(answer.status()).isEqualTo(refused.status);
      assertThat(answer.field("connection")).isEqualTo("close");
      assertThat(answer.field("content-type")).isEqualTo("application/problem+json");
      assertThat(answer.text())
          .contains("\"status\":" + refused.status, "\"code\":\"" + refused.code + "\"")
          .doesNotContain("<", "script");
      assertThat(client.rest()).as("what follows the answer").isEmpty();
    }
    assertThat(node.counted(refused.code)).isEqualTo(before + 1);
  }

  @Test
  void nothingThatWasRefusedReachedAnApplication() throws Exception {
    app.called.clear();
    for (Refused refused : cases()) {
      try (HttpClient client = node.connect()) {
        client.send(refused.input + "GET /hello HTTP/1.1\r\nHost: behind\r\n\r\n");
        client.answer();
      }
    }
    assertThat(app.called).isEmpty();
  }

  /** Input, the method, and the beginning of the answer's body. */
  record Served(String input, int status, String body) {
    @Override
    public String toString() {
      return input;
    }
  }

  static List<Served> served() {
    return List.of(
        new Served("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 200, "Hello, World!"),
        new Served("\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 200, "Hello, World!"),
        // RFC 9110, section 2.5: a higher minor version.
        new Served("GET /hello HTTP/1.2\r\nHost: a\r\n\r\n", 200, "Hello, World!"),
        new Served(
            "GET /hello HTTP/1.1\r\nhOsT:a\r\nX:\t y \t\r\nY:\r\n\r\n", 200, "Hello, World!"),
        new Served(
            "GET /hello HTTP/1.1\r\nHost: a\r\nX: \u00e4\u00ff\r\n\r\n", 200, "Hello, World!"),
        // RFC 9112, section 3.2.2: the target's authority counts.
        new Served(
            "GET http://b:80/target?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", 200, "b:80|/target|x=1"),
        new Served("GET HTTP://b/target HTTP/1.1\r\nHost: a\r\n\r\n", 200, "b|/target|-"),
        new Served("GET /target? HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", 200, "[::1]:8443|/target|"),
        new Served(
            "GET /target?a=[b]{c}|d^%zz HTTP/1.1\r\nHost: a:\r\n\r\n",
            200, "a:|/target|a=[b]{c}|d^%zz"),
        // WHATWG URL: browsers send these as they are.
        new Served("GET /say/a|b[c] HTTP/1.1\r\nHost: a\r\n\r\n", 200, "a|b[c]"),
        // RFC 9110, sections 10.1.1 and 5.6.1.2: a list, whose empty elements count for nothing.
        new Served("GET /hello HTTP/1.1\r\nHost: a\r\nExpect:\r\n\r\n", 200, "Hello, World!"),
        new Served("GET /hello HTTP/1.1\r\nHost: a\r\nExpect: , ,\r\n\r\n", 200, "Hello, World!"),
        new Served(
            "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue,\r\nContent-Length: 5\r\n\r\nhello",
            200,
            "hello"),
        new Served(
            "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
            200,
            ""),
        // No dot segments for who takes them for a file's name.
        new Served("GET /rest/a/b%2Fc HTTP/1.1\r\nHost: a\r\n\r\n", 200, "a/b/c"),
        new Served("GET /rest/..a/b../c.d/... HTTP/1.1\r\nHost: a\r\n\r\n", 200, "..a/b../c.d/..."),
        new Served("GET /rest/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /rest//etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /rest/%2Fetc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /rest/%5Cetc HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /rest/a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /rest/a//b/ HTTP/1.1\r\nHost: a\r\n\r\n", 200, "a//b/"),
        new Served("GET /rest/a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /rest/a%2f..%2fb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /rest/a%5c..%5Cb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /rest/a/. HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /say/%C3%A4%2F HTTP/1.1\r\nHost: a\r\n\r\n", 200, "\u00e4/"),
        new Served("GET /say/%FF HTTP/1.1\r\nHost: a\r\n\r\n", 400, "{"),
        new Served("GET /none HTTP/1.1\r\nHost: a\r\n\r\n", 404, "{"),
        new Served("POST /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405, "{"),
        new Served(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0005\r\n\r\nhello", 200, "hello"),
        new Served(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: , Chunked\r\n\r\n2;a=b ; c = \"d;\\\"e\"\r\nhe\r\n003 ;x\r\nllo\r\n0\r\nA: b\r\n\r\n",
            200,
            "hello"),
        new Served(
            "POST /trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 7\r\n\r\n",
            200,
            "7"),
        new Served("GET /fail HTTP/1.1\r\nHost: a\r\n\r\n", 500, "{"),
        new Served("GET /split HTTP/1.1\r\nHost: a\r\n\r\n", 500, "{"));
  }

  @ParameterizedTest
  @MethodSource("served")
  void isServedAndTheConnectionKept(Served served) throws Exception {
    try (HttpClient client = node.connect()) {
      client.send(served.input);
      Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(served.status);
      assertThat(answer.text()).startsWith(served.body);
      assertThat(answer.field("date")).matches("\\w{3}, \\d\\d \\w{3} \\d{4} [\\d:]{8} GMT");
      assertThat(answer.field("connection")).isEmpty();
      assertThat(client.send("GET /say/next HTTP/1.1\r\n" + HOST + "\r\n").answer().text())
          .isEqualTo("next");
    }
  }

  @Test
  void requestsArriveSplitAtEveryByte() throws Exception {
    try (HttpClient client = node.connect()) {
      for (Served served : served()) {
        for (byte b : served.input.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)) {
          client.send(new byte[] {b});
        }
        Answer answer = client.answer();
        if (answer.status() == 100 && served.input.contains("Expect: 100-continue")) {
          // The body had not come yet.
          answer = client.answer();
        }
        assertThat(answer.status()).isEqualTo(served.status);
        assertThat(answer.text()).startsWith(served.body);
      }
    }
  }

  @Test
  void a405SaysWhatIsAllowed() throws Exception {
    try (HttpClient client = node.connect()) {
      client.send("DELETE /hello HTTP/1.1\r\n" + HOST + "\r\n");
      assertThat(client.answer().field("allow")).isEqualTo("GET, HEAD, OPTIONS");
      client.send("OPTIONS /target HTTP/1.1\r\n" + HOST + "\r\n");
      Answer options = client.answer();
      assertThat(options.status()).isEqualTo(204);
      assertThat(options.field("allow")).isEqualTo("GET, PUT, HEAD, OPTIONS");
      assertThat(options.fields()).doesNotContainKey("content-length");
      client.send("OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n");
      assertThat(client.answer().field("allow")).contains("GET", "POST");
    }
  }
}
