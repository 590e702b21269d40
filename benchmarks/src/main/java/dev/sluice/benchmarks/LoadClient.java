// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.util.concurrent.Future;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * The client, one long-lived process for all servers compared, so that each meets the very same
 * warm code. It obeys lines on its standard input and answers each by one line:
 *
 * <pre>
 * round PORT SECONDS   -&gt;  done OPERATIONS BYTES LOST NANOSECONDS
 * </pre>
 *
 * <p>The first round to a port opens its connections, which then stay open and silent between
 * rounds. It ends with its input, or with a message and status 1 at the first error: a benchmark
 * with errors has no result.
 */
public final class LoadClient {

  private static final long PATIENCE_SECONDS = 20;

  private final Options options;
  private final Connector connector;
  private final Map<Integer, Load> loads = new HashMap<>();

  private LoadClient(Options options, Connector connector) {
    this.options = options;
    this.connector = connector;
  }

  /**
   * Options: {@code --mode
   * echo|datagrams|stream|handshake|http|http-browser|http-route|http-workers|http-down|http-up|h2|
   * h2-down|h2-up}, {@code --tls true}, {@code --connections N}, {@code --streams N} (HTTP/2: at a
   * time on each connection), {@code --size BYTES}, {@code --window BYTES} (stream: bytes on the
   * way per connection; datagrams: how many).
   */
  public static void main(String[] args) throws Exception {
    Options options =
        Options.parse(args, Set.of("mode", "tls", "connections", "streams", "size", "window"));
    try (Connector connector = connector(options);
        BufferedReader orders =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      new LoadClient(options, connector).obey(orders);
    } catch (ExecutionException e) {
      System.err.println("failed: " + e.getCause());
      System.exit(1);
    }
  }

  private static Connector connector(Options options) throws SSLException {
    if (options.required("mode").startsWith("h2")) {
      return Connector.create(ApplicationProtocolNames.HTTP_2);
    }
    return Connector.create(Boolean.parseBoolean(options.text("tls", "false")));
  }

  private void obey(BufferedReader orders)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      String[] words = order.split(" ", -1);
      if (words.length != 3 || !words[0].equals("round")) {
        throw new IllegalArgumentException("not an order: " + order);
      }
      round(Integer.parseInt(words[1]), Double.parseDouble(words[2]));
    }
  }

  private void round(int port, double seconds)
      throws InterruptedException, ExecutionException, TimeoutException {
    Load load = loads.get(port);
    if (load == null) {
      load = create(port);
      loads.put(port, load);
      connector.loop().submit(load::open).get().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    final long begun = System.nanoTime();
    connector.loop().submit(load::start).get();
    if (load.failure().await((long) (seconds * 1e9), TimeUnit.NANOSECONDS)) {
      load.failure().get();
    }
    Tally tally = await(connector.loop().submit(load::stop).get(), load);
    long nanos = System.nanoTime() - begun;
    System.out.printf("done %d %d %d %d%n", tally.operations(), tally.bytes(), tally.lost(), nanos);
  }

  private static Tally await(Future<Tally> dry, Load load)
      throws InterruptedException, ExecutionException, TimeoutException {
    try {
      return dry.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      if (load.failure().isDone()) {
        load.failure().get();
      }
      throw e;
    }
  }

  private Load create(int port) {
    int connections = options.number("connections", 64);
    int size = options.number("size", 128);
    String mode = options.required("mode");
    return switch (mode) {
      case "echo" -> new EchoLoad(connector, port, connections, size);
      case "datagrams" ->
          new DatagramLoad(connector, port, connections, size, options.number("window", 32));
      case "stream" ->
          new StreamLoad(connector, port, connections, size, options.number("window", 4 * size));
      case "http" ->
          new HttpLoad(connector, port, connections, HttpLoad.get("/hello"), "Hello, World!", 13);
      case "http-browser" ->
          new HttpLoad(
              connector, port, connections, HttpLoad.asBrowser("/hello"), "Hello, World!", 13);
      case "http-route" ->
          new HttpLoad(
              connector,
              port,
              connections,
              HttpLoad.get("/api/v1/things37/4711/parts/12"),
              "Hello, World!",
              13);
      case "http-workers" ->
          new HttpLoad(connector, port, connections, HttpLoad.get("/workers"), "Hello, World!", 13);
      case "http-down" ->
          new HttpLoad(connector, port, connections, HttpLoad.get("/bytes/" + size), "", size);
      case "http-up" ->
          new HttpLoad(
              connector,
              port,
              connections,
              HttpLoad.post("/sink", size),
              Integer.toString(size),
              Integer.toString(size).length());
      case "h2" -> http2(port, connections, Http2Exchange.hello());
      case "h2-down" -> http2(port, connections, Http2Exchange.download(size));
      case "h2-up" -> http2(port, connections, Http2Exchange.upload(size));
      case "handshake" -> new HandshakeLoad(connector, port, connections, size);
      default -> throw new IllegalArgumentException("unknown mode " + mode);
    };
  }

  private Load http2(int port, int connections, Http2Exchange exchange) {
    return new Http2Load(connector, port, connections, options.number("streams", 32), exchange);
  }
}
