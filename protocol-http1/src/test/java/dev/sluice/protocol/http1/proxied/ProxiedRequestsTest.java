// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.proxied;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.protocol.http1.HttpClient;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.ToolServer;
import dev.sluice.protocol.http1.proxied.Proxy.Line;
import dev.sluice.protocol.http1.proxied.Witness.Seen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Behind the parsers of others: what a proxy takes for one request and passes on over a kept
 * connection is that one request here too, and its answer is that request's. Each attempt has a
 * client of its own, with an address of its own, and a plain request behind it; another client asks
 * over the same connections between.
 */
class ProxiedRequestsTest {

  private static final Pattern ID =
      Pattern.compile("(?im)^" + Proxy.FIELD + ": *(\\S+)|<seen (\\S+)>");
  private static final int OK = 200;

  /** Second part of clients' addresses, and how many of an attempt are sent in a row at most. */
  private static final int BUFFERED = 1;

  private static final int STREAMING = 2;

  private static final int CLIENTS = 8;

  /** What is taken for no answer. Too soon does no harm: the end of what is whole is cut off. */
  private static final int SILENCE_MILLIS = 100;

  /** Of a request that is named in a message. */
  private static final int SHOWN = 500;

  @TempDir Path folder;

  private final Witness app = new Witness();
  private final Queue<String> disagreements = new ConcurrentLinkedQueue<>();

  /** By the client's address. */
  private final Map<String, Attempt> attempts = new ConcurrentSkipListMap<>();

  /**
   * What one client sent and heard.
   *
   * @param answered the ids of the requests that its answers are to
   * @param reset whether answers at the end may have been lost
   */
  private record Attempt(String sent, List<String> answered, boolean reset) {}

  @ParameterizedTest
  @EnumSource(Proxy.Kind.class)
  void whatAProxyPassesOnIsThatRequestAndNoOther(Proxy.Kind kind) throws Exception {
    boolean installed = ToolServer.isInstalled(kind.tool);
    if (!installed) {
      System.err.println("NOT TESTED behind " + kind.tool + ", which is not on this machine");
    }
    assumeTrue(installed, kind.tool + " is there");
    HttpNode.Options options = new HttpNode.Options();
    options.allocator = HttpNode.untraced();
    try (HttpNode node = options.start(app);
        Proxy proxy = new Proxy(kind, folder, node.port())) {
      attemptAll(BUFFERED, proxy.buffered);
      attemptAll(STREAMING, proxy.streaming);
      List<Line> lines = awaitLines(proxy);
      compareWithApplication(lines);
      compareWithAnswers(lines);
      compareWays(lines);
      assertThat(disagreements).isEmpty();
      assertThat(app.seen).as("passed on").hasSizeGreaterThan(attempts.size());
      assertThat(node.metrics().accepted())
          .as("connections to the node, which are kept")
          .isLessThan(app.seen.size() / 4);
    }
  }

  /** Each attempt alone, and on one way twice in a row too; a plain request is always the last. */
  private void attemptAll(int way, int port) throws Exception {
    List<String> all = Attempts.all();
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int first = i;
        done.add(
            clients.submit(
                () -> {
                  attemptSome(all, first, way, port);
                  return null;
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      clients.shutdownNow();
    }
  }

  /** Every so manieth attempt, and between them another client's requests on one connection. */
  private void attemptSome(List<String> all, int first, int way, int port) throws IOException {
    String address = address(way, 2 * all.size() + first);
    List<String> answered = new ArrayList<>();
    try (HttpClient other = new HttpClient(connect(address, port))) {
      for (int i = first; i < all.size(); i += CLIENTS) {
        for (int times = 1; times <= way; times++) {
          int number = 2 * i + times - 1;
          String sent =
              all.get(i).formatted("/odd/" + number).repeat(times)
                  + ("GET /marker/" + number + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
          try {
            attempts.put(address(way, number), send(sent, address(way, number), port));
            HttpClient.Answer plain =
                other.send("GET /plain/" + number + " HTTP/1.1\r\nHost: h\r\n\r\n").answer();
            answered.add(plain.field(Proxy.FIELD));
            if (plain.status() != OK) {
              disagreements.add(plain.status() + " for another client behind " + shown(sent));
            }
          } catch (IOException e) {
            throw new IOException("behind " + shown(sent), e);
          }
        }
      }
    }
    attempts.put(address, new Attempt("plain requests", answered, false));
  }

  private static String address(int way, int number) {
    return "127.%d.%d.%d".formatted(way, number >> 8, number & 0xff);
  }

  private static Socket connect(String from, int port) throws IOException {
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(from, 0));
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) HttpNode.PATIENCE.toMillis());
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  /** All at once; and where that brings no answer, the end: nobody is to wait for more. */
  private static Attempt send(String text, String from, int port) throws IOException {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    boolean reset = false;
    try (Socket socket = connect(from, port)) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      socket.setSoTimeout(SILENCE_MILLIS);
      try {
        socket.getInputStream().transferTo(heard);
      } catch (SocketTimeoutException incomplete) {
        socket.setSoTimeout((int) HttpNode.PATIENCE.toMillis());
        socket.shutdownOutput();
        socket.getInputStream().transferTo(heard);
      }
    } catch (SocketException refused) {
      reset = true;
    }
    List<String> ids = new ArrayList<>();
    Matcher id = ID.matcher(heard.toString(StandardCharsets.ISO_8859_1));
    while (id.find()) {
      if (id.group(1) != null) {
        ids.add(id.group(1));
      } else if (!ids.contains(id.group(2))) {
        ids.add(id.group(2)); // An answer to HTTP/0.9 is nothing but its body.
      }
    }
    return new Attempt(text, ids, reset);
  }

  /** The proxy writes a request down when it is over, and this one is the last. */
  private static List<Line> awaitLines(Proxy proxy) throws IOException {
    try (HttpClient last = new HttpClient(proxy.streaming)) {
      assertThat(last.send("GET /last HTTP/1.1\r\nHost: h\r\n\r\n").answer().status())
          .isEqualTo(OK);
    }
    HttpNode.await(
        "the proxy's account",
        () -> lines(proxy).stream().anyMatch(line -> line.target().equals("/last")));
    return lines(proxy);
  }

  private static List<Line> lines(Proxy proxy) {
    try {
      return proxy.lines();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean served(Line line) {
    return line.passed() && line.status() == OK;
  }

  /** One for one, and the same in all that both have read. */
  private void compareWithApplication(List<Line> lines) {
    Map<String, Line> passed =
        lines.stream()
            .filter(Line::passed)
            .collect(Collectors.toMap(Line::id, Function.identity()));
    Map<String, Seen> seen = new HashMap<>();
    for (Seen one : app.seen) {
      String id = String.join(",", one.ids());
      Line line = passed.get(id);
      if (line == null) {
        disagreements.add("nobody passed on " + one);
      } else if (seen.put(id, one) != null) {
        disagreements.add("twice: " + one + at(line));
      } else if (!one.method().equals(line.method())
          || !one.target().equals(originForm(line.target()))
          || (hasBothBodies(one, line) && !one.body().equals(line.body()))) {
        disagreements.add(shown(one + " is not " + line) + at(line));
      }
    }
    for (Line line : lines) {
      if (served(line) && !seen.containsKey(line.id())) {
        disagreements.add("not seen: " + line + at(line));
      }
    }
  }

  /** Every client has the answers to its own requests, in their order. */
  private void compareWithAnswers(List<Line> lines) {
    Map<String, List<String>> served =
        lines.stream()
            .filter(ProxiedRequestsTest::served)
            .collect(
                Collectors.groupingBy(
                    Line::client, Collectors.mapping(Line::id, Collectors.toList())));
    attempts.forEach(
        (client, attempt) -> {
          List<String> own = served.getOrDefault(client, List.of());
          boolean same =
              attempt.reset()
                  ? own.subList(0, Math.min(own.size(), attempt.answered().size()))
                      .equals(attempt.answered())
                  : own.equals(attempt.answered());
          if (!same) {
            disagreements.add(
                attempt.answered() + " for " + own + " behind " + shown(attempt.sent()));
          }
        });
  }

  /** A proxy reads a body in one way, whether it waits for its end or not. */
  private void compareWays(List<Line> lines) {
    Map<String, Seen> seen =
        app.seen.stream()
            .collect(
                Collectors.toMap(
                    one -> String.join(",", one.ids()), Function.identity(), (a, b) -> a));
    Map<String, List<String>> bodies = new HashMap<>();
    for (Line line : lines) {
      Seen one = seen.get(line.id());
      if (served(line) && one != null) {
        bodies.computeIfAbsent(line.client(), client -> new ArrayList<>()).add(one.body());
      }
    }
    for (int number = 0; attempts.containsKey(address(BUFFERED, number)); number += 2) {
      List<String> whole = bodies.getOrDefault(address(BUFFERED, number), List.of());
      List<String> streamed = bodies.getOrDefault(address(STREAMING, number), List.of());
      int both = Math.min(whole.size(), streamed.size());
      if (!streamed.subList(0, both).equals(whole.subList(0, both))) {
        disagreements.add(
            shown(streamed + " as it comes, whole " + whole + " behind ")
                + shown(attempts.get(address(BUFFERED, number)).sent()));
      }
    }
  }

  /** One proxy hands it on without having it, and one application answers without reading it. */
  private static boolean hasBothBodies(Seen one, Line line) {
    return line.client().startsWith("127." + BUFFERED + ".")
        && !one.target().startsWith(Attempts.EARLY);
  }

  /** An application is given the path and the query of an absolute form. */
  private static String originForm(String target) {
    String rest = target.replaceFirst("^[A-Za-z]+://[^/?]*", "");
    return rest.isEmpty() || rest.startsWith("?") ? "/" + rest : rest;
  }

  private String at(Line line) {
    Attempt attempt = attempts.get(line.client());
    return " behind " + (attempt == null ? line.client() : shown(attempt.sent()));
  }

  private static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    text.chars()
        .limit(SHOWN)
        .forEach(
            c -> {
              if (c >= ' ' && c < 0x7f) {
                shown.append((char) c);
              } else {
                shown.append(c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\x%02x".formatted(c));
              }
            });
    return shown.toString();
  }
}
