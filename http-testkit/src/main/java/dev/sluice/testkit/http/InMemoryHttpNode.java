// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.session.bridge.EndpointOptions.Limits;
import dev.sluice.testkit.DeterministicExecutor;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryNodeContext;
import dev.sluice.testkit.InMemoryOutbound;
import dev.sluice.testkit.InMemoryPlatform;
import dev.sluice.testkit.SettingDefaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A node in memory that serves an application by HTTP: no socket, no thread, and a clock set by
 * hand. Its HTTP is the node's own, on both ends.
 *
 * <pre>{@code
 * try (InMemoryHttpNode node = new InMemoryHttpNode(new Greeter(), HttpVersion.HTTP_2)) {
 *   InMemoryHttpCall call = node.connect().get("/hello/you");
 *   assertThat(call.status()).isEqualTo(200);
 *   assertThat(call.text()).isEqualTo("Hello, you");
 * }
 * }</pre>
 *
 * <p>Its end fails the test if the application threw, owes a client an answer or the rest of one,
 * released a buffer that it had borrowed, kept one, or wrote on while it should have held back.
 *
 * <p>All of the application's calls run on the test's thread, whatever its {@code execution()}. A
 * handler that waits by {@code ResponseBody.awaitWritable} has its client read, even one that has
 * stopped, since nothing else can happen meanwhile; where the call is paused the wait is over at
 * once. One that waits for anything else, as {@code HttpClient.sendAndWait} does, waits for ever:
 * try that on a real node.
 *
 * <p>What is set here is set before the first {@link #connect}. Methods belong to the test's
 * thread.
 */
public final class InMemoryHttpNode implements AutoCloseable {

  private static final Duration NEVER = Duration.ofDays(10_000);
  private static final OutboundTarget TARGET = OutboundTarget.parse("node.test:80");

  /** More than any sensible test moves before it looks. */
  private static final int MOST_ROUNDS = 100_000;

  private final HttpVersion version;
  private final RpcHandler application;
  private final Findings findings = new Findings();
  private final DeterministicExecutor executor;
  private final InMemoryPlatform server;
  private final InMemoryPlatform clients;
  private final CustomProtocolSubsystem client;
  private final List<InMemoryHttpClient> connected = new ArrayList<>();
  private HttpConfiguration http = HttpConfiguration.defaults();
  private @Nullable Record settings;
  private boolean startCalled;
  private boolean started;
  private boolean failuresExpected;

  /**
   * A node that serves nothing else.
   *
   * @param application started before the first connection, stopped by {@link #close}
   * @param version what clients speak
   */
  public InMemoryHttpNode(RpcHandler application, HttpVersion version) {
    this(application, version, new DeterministicExecutor());
  }

  InMemoryHttpNode(RpcHandler application, HttpVersion version, DeterministicExecutor executor) {
    this.application = application;
    this.version = version;
    this.executor = executor;
    this.server = new InMemoryPlatform(version.protocol(), executor);
    this.client = version.protocol();
    this.clients = new InMemoryPlatform(client, executor).limits(patient());
  }

  /** The test says when a client has waited long enough, and not the node that is its own. */
  private static Limits patient() {
    Limits usual = Limits.defaults();
    return new Limits(
        NEVER,
        usual.handshakeTimeout(),
        NEVER,
        usual.highMark(),
        usual.hardMark(),
        usual.lingerTimeout());
  }

  /**
   * What the application's section would be bound to.
   *
   * @param record of the type that the application names; without it the defaults of that
   * @return this
   */
  public InMemoryHttpNode settings(Record record) {
    settings = record;
    return this;
  }

  /**
   * The limits of requests and answers.
   *
   * @param limits a node's defaults without this
   * @return this
   */
  public InMemoryHttpNode http(HttpConfiguration limits) {
    http = limits;
    return this;
  }

  /**
   * Serves as if over TLS.
   *
   * @return this
   */
  public InMemoryHttpNode secure() {
    server.secure();
    return this;
  }

  /**
   * What the application throws is looked at by the test, see {@link #thrown}, and does not fail
   * it.
   *
   * @return this
   */
  public InMemoryHttpNode failuresExpected() {
    failuresExpected = true;
    return this;
  }

  /**
   * What clients speak.
   *
   * @return as it was given
   */
  public HttpVersion version() {
    return version;
  }

  /**
   * A new connection of a client.
   *
   * @return open
   * @throws IllegalStateException if the application can't be started
   */
  public InMemoryHttpClient connect() {
    start();
    InMemoryConnection far = server.connect();
    CompletionStage<? extends OutboundConnection<?>> asked =
        clients
            .outbound()
            .connect(TARGET, OutboundOptions.plaintext(), client.client().orElseThrow());
    InMemoryConnection near =
        clients.outbound().attempt(clients.outbound().attempts().size() - 1).accept();
    HttpClientSession session = (HttpClientSession) asked.toCompletableFuture().join().session();
    InMemoryHttpClient made = new InMemoryHttpClient(this, session, near, far);
    connected.add(made);
    run();
    return made;
  }

  /**
   * Whom the application asks, and what becomes of it.
   *
   * @return the same always
   */
  public InMemoryOutbound outbound() {
    return server.outbound();
  }

  /**
   * What the application has thrown so far.
   *
   * @return oldest first
   */
  public List<Throwable> thrown() {
    return findings.thrown();
  }

  /**
   * Lets time pass, for timeouts, deadlines and scheduled tasks.
   *
   * @param by not negative
   */
  public void advance(Duration by) {
    Duration left = by;
    while (!left.isZero()) {
      Duration next = executor.untilNext();
      Duration step = next == null || next.compareTo(left) > 0 ? left : next;
      // What is due now runs without the clock.
      executor.advance(step);
      run();
      left = left.minus(step);
    }
  }

  /** Carries what was sent, and runs what is to run, until there is nothing more of either. */
  void run() {
    executor.runAll();
    for (int round = 0; moved(); round++) {
      if (round > MOST_ROUNDS) {
        throw new AssertionError("the application writes without end to a client that reads all");
      }
    }
  }

  /** A worker waits. False: nothing will come of it but by what the test does. */
  private boolean goesOn() {
    boolean any = executor.runOthers();
    any |= moved();
    any |= executor.runOthers();
    if (!any) {
      // Only the test could go on, which waits for the worker.
      connected.forEach(InMemoryHttpClient::readALittle);
      any = moved();
    }
    return executor.runOthers() || any;
  }

  void runOthers() {
    executor.runOthers();
  }

  private boolean moved() {
    boolean moved = false;
    for (InMemoryHttpClient client : connected) {
      moved |= client.move();
    }
    return moved;
  }

  private static AssertionError first(@Nullable AssertionError before, AssertionError error) {
    if (before == null) {
      return error;
    }
    before.addSuppressed(error);
    return before;
  }

  private void start() {
    if (startCalled) {
      if (!started) {
        throw new IllegalStateException("the application did not start");
      }
      return;
    }
    startCalled = true;
    ObservedHandler observed = new ObservedHandler(application, findings, this::goesOn);
    if (settings == null) {
      settings = application.settingsType().map(SettingDefaults::of).orElse(null);
    }
    try {
      application.start(
          new InMemoryNodeContext("testkit", executor.workers(), server.outbound(), settings));
    } catch (Exception failure) {
      throw new IllegalStateException("the application did not start", failure);
    }
    server.rpc(new RpcMap(http, List.of(observed.service())));
    started = true;
  }

  /**
   * Ends every connection and stops the application.
   *
   * @throws AssertionError if the application broke its contract, or left something behind
   */
  @Override
  public void close() {
    List<String> owed = findings.owed();
    List<Runnable> steps = new ArrayList<>();
    connected.forEach(client -> steps.add(client::close));
    steps.add(clients::close);
    if (startCalled) {
      steps.add(application::stop);
    }
    steps.add(server::close);
    steps.add(() -> findings.check(owed, failuresExpected));
    connected.clear();
    AssertionError broken = null;
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (AssertionError error) {
        broken = first(broken, error);
      } catch (RuntimeException thrown) {
        broken =
            first(broken, new AssertionError("the application's stop threw " + thrown, thrown));
      }
    }
    if (broken != null) {
      throw broken;
    }
  }
}
