// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.testkit.DeterministicExecutor;
import dev.sluice.testkit.SettingDefaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What an application owes the node, a rule a test, over HTTP/1.1 and HTTP/2. Its author extends it
 * and gives a script:
 *
 * <pre>{@code
 * class GreeterContractTest extends ApplicationContract {
 *   protected RpcHandler application() {
 *     return new Greeter();
 *   }
 *
 *   protected RequestScript script() {
 *     return RequestScript.builder().get("/hello/you").expect(200, "Hello, you").build();
 *   }
 * }
 * }</pre>
 *
 * <p>Every rule also fails for what {@link InMemoryHttpNode#close} finds: the application throws,
 * owes an answer, releases what it has borrowed, keeps a buffer, or writes on while it should hold
 * back; and if a call blocks its event loop for longer than {@link #maxEventLoopExecuteTime}. It
 * runs in memory, on one thread and a clock set by hand, with an application of its own for each
 * trial, so that a failure comes again with the same seed.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class ApplicationContract {

  private static final Pattern NAME = Pattern.compile("[a-z0-9_.-]{1,64}");

  /** In how many places a client may be lost. */
  private static final int MOST_PLACES = 40;

  /** Of longer pieces the last part comes byte by byte. */
  private static final int BY_BYTE = 2_000;

  /** Behind every timeout of a node's defaults. */
  private static final Duration LONG = Duration.ofMinutes(3);

  private static final Duration DRAIN = Duration.ofSeconds(10);

  /** For subclasses. */
  protected ApplicationContract() {}

  /**
   * The application under test.
   *
   * @return a new one at each call
   */
  protected abstract RpcHandler application();

  /**
   * What a client asks for and what it gets.
   *
   * @return the same at each call
   */
  protected abstract RequestScript script();

  /**
   * Sets what is special about the node: settings, limits, TLS.
   *
   * @param node not connected to yet
   */
  protected void configure(InMemoryHttpNode node) {}

  /**
   * Where random sizes and places start from.
   *
   * @return the same at each call
   */
  protected long seed() {
    return 4711;
  }

  /**
   * How long a call of an application on {@code EVENT_LOOP} may take before it counts as blocking:
   * the time that it runs and the time that it waits.
   *
   * @return 100 ms by default
   */
  protected Duration maxEventLoopExecuteTime() {
    return Duration.ofMillis(100);
  }

  /**
   * How long any other call may take before it counts as one that never returns.
   *
   * @return 10 s by default
   */
  protected Duration maxWorkerExecuteTime() {
    return Duration.ofSeconds(10);
  }

  @Test
  @DisplayName("A1. The answers are those of the script.")
  void answersTheScript() {
    each("as written", node -> play(node, node.connect()));
  }

  @Test
  @DisplayName("A2. However the network cuts requests and answers, they are the same.")
  void answersTheSameInPieces() {
    each(
        "a byte at a time",
        node -> play(node, node.connect().cutInto(left -> left > BY_BYTE ? left - BY_BYTE : 1)));
    for (int most : new int[] {10, 100, 5_000}) {
      Random random = new Random(seed());
      each(
          "at most " + most + " bytes at a time, seed " + seed(),
          node -> play(node, node.connect().cutInto(left -> 1 + random.nextInt(most))));
    }
  }

  @Test
  @DisplayName("A3. A client that reads slowly gets every byte, and one that reads nothing waits.")
  void slowReaderGetsEverything() {
    for (int most : new int[] {10, 1_000}) {
      Random random = new Random(seed());
      each(
          "a client that reads at most " + most + " bytes at a time, seed " + seed(),
          node -> {
            InMemoryHttpClient client = node.connect();
            for (RequestScript.Step step : script().steps()) {
              client.stopReading();
              InMemoryHttpCall call = send(client, step);
              for (long before = -1; !over(call) && client.received() != before; ) {
                before = client.received();
                client.read(1 + random.nextInt(most));
              }
              client.readOn();
              finish(node, call, step);
            }
          });
    }
  }

  @Test
  @DisplayName("A4. Wherever a client is lost while it sends, nothing is left of its request.")
  void bearsClientsThatAreLostWhileTheySend() {
    for (HttpVersion version : HttpVersion.values()) {
      for (long place : places(bytes(version, InMemoryHttpClient::sent))) {
        trial(
            "a client that is lost behind " + place + " bytes of its requests",
            version,
            node -> {
              InMemoryHttpClient client = node.connect().sendAtMost(place);
              script().steps().forEach(step -> send(client, step));
              client.vanish();
              node.advance(LONG);
            });
      }
    }
  }

  @Test
  @DisplayName("A5. Wherever a client is lost while it reads, nothing is left of its answer.")
  void bearsClientsThatAreLostWhileTheyRead() {
    for (HttpVersion version : HttpVersion.values()) {
      for (long place : places(bytes(version, InMemoryHttpClient::received))) {
        trial(
            "a client that is lost behind " + place + " bytes of the answers",
            version,
            node -> {
              InMemoryHttpClient client = node.connect();
              client.stopReading();
              client.read((int) place);
              script().steps().forEach(step -> send(client, step));
              client.vanish();
              node.advance(LONG);
            });
      }
    }
  }

  @Test
  @DisplayName("A6. Given up at any request, it goes on with the next.")
  void bearsRequestsThatAreGivenUp() {
    for (int given = 0; given < script().steps().size(); given++) {
      int at = given;
      each(
          "request " + at + " is given up",
          node -> {
            InMemoryHttpClient client = node.connect();
            client.stopReading();
            List<RequestScript.Step> steps = script().steps();
            steps.subList(0, at + 1).forEach(step -> send(client, step).cancel());
            client.readOn();
            node.advance(LONG);
          });
    }
  }

  @Test
  @DisplayName("A7. A client that falls silent in the middle costs no more than its request.")
  void bearsClientsThatFallSilent() {
    for (HttpVersion version : HttpVersion.values()) {
      for (long place : places(bytes(version, InMemoryHttpClient::sent))) {
        trial(
            "a client that falls silent behind " + place + " bytes of its requests",
            version,
            node -> {
              InMemoryHttpClient client = node.connect().sendAtMost(place);
              script().steps().forEach(step -> send(client, step));
              node.advance(LONG);
            });
      }
    }
  }

  @Test
  @DisplayName("A8. When the node ends, what is under way is answered first.")
  void answersInADrain() {
    for (int last = 0; last < script().steps().size(); last++) {
      int at = last;
      each(
          "the node ends during request " + at,
          node -> {
            InMemoryHttpClient client = node.connect();
            List<RequestScript.Step> steps = script().steps();
            steps.subList(0, at).forEach(step -> finish(node, send(client, step), step));
            client.stopReading();
            InMemoryHttpCall call = send(client, steps.get(at));
            client.drain(DRAIN);
            client.readOn();
            finish(node, call, steps.get(at));
          });
    }
  }

  @Test
  @DisplayName("A9. A node can find it: provider, name, prefixes, settings.")
  void canBeFound() {
    RpcHandler application = application();
    assertThat(application.name()).matches(NAME);
    assertThat(application.prefixes()).as("prefixes").isNotEmpty();
    assertThat(application.prefixes()).allMatch(prefix -> prefix.startsWith("/"));
    application.settingsType().ifPresent(SettingDefaults::of);
    List<String> found = new ArrayList<>();
    ServiceLoader.load(RpcHandler.class, application.getClass().getClassLoader())
        .forEach(provider -> found.add(provider.name()));
    assertThat(found)
        .as("names of the providers in META-INF/services")
        .contains(application.name());
  }

  // ---- trials

  private void each(String what, Consumer<InMemoryHttpNode> body) {
    for (HttpVersion version : HttpVersion.values()) {
      trial(what, version, body);
    }
  }

  /** A node of its own, looked at behind its end. */
  private void trial(String what, HttpVersion version, Consumer<InMemoryHttpNode> body) {
    DeterministicExecutor executor = new DeterministicExecutor();
    try {
      executor.watch(
          maxEventLoopExecuteTime(),
          maxWorkerExecuteTime(),
          () -> {
            try (InMemoryHttpNode node = new InMemoryHttpNode(application(), version, executor)) {
              configure(node);
              body.accept(node);
            }
          });
    } catch (AssertionError failure) {
      throw new AssertionError(what + " (" + version + "): " + failure.getMessage(), failure);
    }
  }

  private void play(InMemoryHttpNode node, InMemoryHttpClient client) {
    for (RequestScript.Step step : script().steps()) {
      finish(node, send(client, step), step);
    }
  }

  private static InMemoryHttpCall send(InMemoryHttpClient client, RequestScript.Step step) {
    InMemoryHttpCall call = client.send(step.request().get());
    if (!step.parts().isEmpty()) {
      step.parts().forEach(call::write);
      call.finish();
    }
    return call;
  }

  /** An application may need time for its answer. */
  private static void finish(
      InMemoryHttpNode node, InMemoryHttpCall call, RequestScript.Step step) {
    for (int second = 0; !over(call) && second < LONG.toSeconds(); second++) {
      node.advance(Duration.ofSeconds(1));
    }
    step.check(call);
  }

  private static boolean over(InMemoryHttpCall call) {
    return call.complete() || call.failure().isPresent();
  }

  /** What the whole script moves over one connection. */
  private long bytes(HttpVersion version, ToLongFunction<InMemoryHttpClient> of) {
    long[] bytes = {0};
    trial(
        "as written",
        version,
        node -> {
          InMemoryHttpClient client = node.connect();
          play(node, client);
          bytes[0] = of.applyAsLong(client);
        });
    return bytes[0];
  }

  /** Every place, or where there are too many a choice that is the same for a seed. */
  private List<Long> places(long bytes) {
    if (bytes <= MOST_PLACES) {
      return LongStream.range(0, bytes).boxed().toList();
    }
    return new Random(seed()).longs(MOST_PLACES, 0, bytes).sorted().boxed().toList();
  }
}
