// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.ProtocolDetector.Detection;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.transport.epoll.AnyClient.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever foreign code throws, and from wherever it was called: its loop goes on as before, with
 * its timeouts, its order and its class loader.
 */
class ForeignFailuresTest {

  private static final Duration SOON = Duration.ofSeconds(15);
  private static final Duration IDLE = Duration.ofMillis(300);

  /** What foreign code does wrong. */
  private enum Failure {
    EXCEPTION('e'),
    STACK_OVERFLOW('s'),
    LINKAGE('l'),
    /** Also whoever asks it for its words gets an error. */
    SPEECHLESS('w'),
    /** Nothing is thrown, but the buffer that was lent is gone. */
    RELEASE('r');

    /** By which a client asks for it. */
    private final char letter;

    Failure(char letter) {
      this.letter = letter;
    }

    void happen(ByteBuf data) {
      switch (this) {
        case EXCEPTION -> throw new IllegalStateException("as the test wants");
        case STACK_OVERFLOW -> throw new StackOverflowError();
        case LINKAGE -> throw new NoClassDefFoundError("as/the/test/Wants");
        case SPEECHLESS -> throw new Speechless();
        case RELEASE -> data.release();
      }
    }
  }

  /** What can go wrong without a buffer. */
  private static final List<Failure> THROWN =
      List.of(Failure.EXCEPTION, Failure.STACK_OVERFLOW, Failure.LINKAGE, Failure.SPEECHLESS);

  private static final class Speechless extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new NoClassDefFoundError("the/class/of/my/Words");
    }

    @Override
    public String toString() {
      throw new NoClassDefFoundError("the/class/of/my/Words");
    }
  }

  private static TestNode oneLoop() {
    return new TestNode(TestNode.options().withThreads(1, 2)).endingWithin(SOON);
  }

  private static ProtocolDetector detector(Failure failsAs) {
    return new ProtocolDetector() {
      @Override
      public int maxBytes() {
        return 8;
      }

      @Override
      public Detection detect(ByteBuf head) {
        if (failsAs != null) {
          failsAs.happen(head);
        }
        return head.readableBytes() < 8 ? Detection.NEED_MORE : Detection.NOT_RECOGNISED;
      }
    };
  }

  /** A client that says nothing is sent away in time, and so the loop still looks for such. */
  private static void assertSilentClientsAreSentAway(OpenSslServer quiet) throws Exception {
    long begun = System.nanoTime();
    try (WireClient silent = WireClient.to(quiet)) {
      assertThat(WireClient.later(silent::receiveAll).get(SOON.toSeconds(), TimeUnit.SECONDS))
          .isEmpty();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(IDLE.dividedBy(2), SOON);
  }

  private static OpenSslServer quiet(TestNode node) throws Exception {
    return node.serve(new ScriptedProtocol(Execution.EVENT_LOOP))
        .limits(Limits.times(IDLE, SOON, SOON))
        .listen();
  }

  /** Half a head, and the sweep serves it by the default when patience is over. */
  @Test
  void inDataThatASweepDelivers() throws Exception {
    ScriptedProtocol failing =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData((session, data) -> chosen(data).happen(data));
    Probe other = new Probe().named("OTHER").detects(detector(null));
    List<WireClient> clients = new ArrayList<>();
    try (TestNode node = oneLoop()) {
      OpenSslServer quiet = quiet(node);
      OpenSslServer shared =
          node.serve(other)
              .beside(failing)
              .limits(Limits.times(Duration.ofSeconds(60), Duration.ofMillis(100), SOON))
              .listen();
      try {
        for (Failure failure : Failure.values()) {
          clients.add(choosing(shared, failure));
        }
        for (int i = 0; i < clients.size(); i++) {
          ScriptedProtocol.Conn session = failing.session(i);
          TestNode.await("it closes", SOON, session::closing);
        }
        assertSilentClientsAreSentAway(quiet);
      } finally {
        clients.forEach(WireClient::close);
      }
      for (ScriptedProtocol.Conn session : failing.sessions) {
        TestNode.await("told", SOON, () -> session.reason != null);
        assertThat(session.reason).isEqualTo(CloseReason.PROTOCOL_ERROR);
      }
    }
  }

  /** Two bytes, the first of which says what is to fail how. */
  private static WireClient choosing(OpenSslServer server, Failure failure) throws Exception {
    WireClient client = WireClient.withSmallWindow(server);
    client.send(new byte[] {(byte) failure.letter, '.'});
    return client;
  }

  private static Failure chosen(ByteBuf data) {
    char letter = (char) data.getByte(data.readerIndex());
    return Stream.of(Failure.values())
        .filter(failure -> failure.letter == letter)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"RELEASE"},
      mode = EnumSource.Mode.EXCLUDE)
  void inTheDetector(Failure failure) throws Exception {
    ScriptedProtocol fallback = new ScriptedProtocol(Execution.EVENT_LOOP);
    Probe other = new Probe().named("OTHER").detects(detector(failure));
    try (TestNode node = oneLoop()) {
      OpenSslServer shared = node.serve(other).beside(fallback).listen();
      try (WireClient client = WireClient.to(shared)) {
        client.send("AB");
        assertThat(client.receive(2)).isEqualTo("AB");
        assertThat(shared.endpoint().metrics().snapshot().errors()).containsEntry("detector", 1L);
      }
    }
  }

  @Test
  void inTheLastCallThatASweepMakes() throws Exception {
    Map<ConnId, Failure> failures = new ConcurrentHashMap<>();
    ScriptedProtocol failing =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData((session, data) -> failures.put(session.id, chosen(data)))
            .onClosed((session, reason) -> failures.get(session.id).happen(Unpooled.EMPTY_BUFFER));
    List<AnyClient> clients = new ArrayList<>();
    EndpointOptions.Limits limits = Limits.times(IDLE, SOON, SOON);
    try (TestNode node = oneLoop()) {
      OpenSslServer quiet = quiet(node);
      List<InterfaceServer> servers = new ArrayList<>();
      try {
        for (Wire wire : List.of(Wire.TCP, Wire.UDP)) {
          InterfaceServer server = wire.listen(node.serve(failing).limits(limits));
          servers.add(server);
          for (Failure failure : THROWN) {
            AnyClient client = wire.connect(server);
            clients.add(client);
            client.send(new byte[] {(byte) failure.letter, '.'});
          }
        }
        for (int i = 0; i < clients.size(); i++) {
          ScriptedProtocol.Conn session = failing.session(i);
          TestNode.await("told", SOON, () -> session.reason != null);
          assertThat(session.reason).isEqualTo(CloseReason.IDLE_TIMEOUT);
        }
        for (InterfaceServer server : servers) {
          TestNode.await("ended", SOON, () -> server.endpoint().unfinished() == 0);
        }
        assertSilentClientsAreSentAway(quiet);
      } finally {
        clients.forEach(AnyClient::close);
      }
    }
  }

  /** The sweep breaks off a slow consumer, whose writes are then told of as lost. */
  @Test
  void inACompletionThatASweepCauses() throws Exception {
    ScriptedProtocol failing =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData(
                (session, data) -> {
                  Failure failure = chosen(data);
                  for (int length : new int[] {12 << 20, 100, 1 << 20}) {
                    session.writer.writeOutbound(
                        session.id,
                        Unpooled.buffer(length).writeZero(length),
                        written -> {
                          session.events.add("written " + written);
                          failure.happen(Unpooled.EMPTY_BUFFER);
                        });
                  }
                });
    List<WireClient> clients = new ArrayList<>();
    try (TestNode node = oneLoop()) {
      OpenSslServer quiet = quiet(node);
      OpenSslServer server =
          node.serve(failing).limits(Limits.output(1 << 20, 64 << 20, IDLE)).listen();
      try {
        for (Failure failure : THROWN) {
          clients.add(choosing(server, failure));
        }
        for (int i = 0; i < clients.size(); i++) {
          ScriptedProtocol.Conn session = failing.session(i);
          TestNode.await("told", SOON, () -> session.reason != null);
          assertThat(session.reason).isEqualTo(CloseReason.SLOW_CONSUMER);
          assertThat(session.events)
              .filteredOn(event -> event.startsWith("written"))
              .containsExactly("written false", "written false", "written false");
        }
        TestNode.await("ended", SOON, () -> server.endpoint().unfinished() == 0);
        assertSilentClientsAreSentAway(quiet);
      } finally {
        clients.forEach(WireClient::close);
      }
    }
  }

  /** Calls after which the loop's thread has to be as it was. */
  private enum Call {
    DATA,
    COMPLETE,
    TASK,
    SCHEDULED,
    COMPLETION,
    REPLY,
    CLOSED,
    DETECTOR
  }

  static Stream<Arguments> calls() {
    return Stream.of(Call.values())
        .flatMap(
            call ->
                Stream.of(Failure.values())
                    .filter(failure -> failure != Failure.RELEASE || call == Call.DATA)
                    .map(failure -> Arguments.of(call, failure)));
  }

  /** The protocol's class loader is another than the one that the node was started with. */
  @SuppressWarnings("try") // closed on purpose before the end
  @ParameterizedTest
  @MethodSource("calls")
  void afterAnyCallTheLoopHasItsOwnClassLoaderBack(Call at, Failure failure) throws Exception {
    ScriptedProtocol failing = failing(at, failure);
    Probe other =
        new Probe().named("OTHER").detects(detector(at == Call.DETECTOR ? failure : null));
    try (URLClassLoader own = new URLClassLoader(new URL[0], null);
        TestNode node = startedWith(own, ForeignFailuresTest::oneLoop)) {
      OpenSslServer server = node.serve(other).beside(failing).listen();
      // Whoever's loop it is: there is one.
      var loop = node.transport.nextLoop();
      assertThat(loop.submit(ForeignFailuresTest::contextClassLoader).get()).isSameAs(own);
      try (WireClient client = WireClient.to(server)) {
        client.send("0123456789");
        ScriptedProtocol.Conn session = failing.session();
        TestNode.await("called", SOON, () -> !session.events.isEmpty());
        assertThat(loop.submit(ForeignFailuresTest::contextClassLoader).get()).isSameAs(own);
        if (at == Call.REPLY) {
          node.transport.connections().reply(session.id, false, Unpooled.buffer(1).writeZero(1));
        }
        if (at != Call.CLOSED && at != Call.DETECTOR) {
          TestNode.await("it closes", SOON, session::closing);
        }
        client.reset();
        TestNode.await("told", SOON, () -> session.reason != null);
        if (at != Call.CLOSED && at != Call.DETECTOR) {
          assertThat(session.reason).isEqualTo(CloseReason.PROTOCOL_ERROR);
        }
        assertThat(loop.submit(ForeignFailuresTest::contextClassLoader).get()).isSameAs(own);
        assertThat(session.events)
            .filteredOn(event -> event.startsWith("loader "))
            .isNotEmpty()
            .allMatch(("loader " + ScriptedProtocol.class.getClassLoader())::equals);
      }
      TestNode.await("ended", SOON, () -> server.endpoint().unfinished() == 0);
    }
  }

  private static ScriptedProtocol failing(Call at, Failure failure) {
    return new ScriptedProtocol(Execution.EVENT_LOOP)
        .onData(
            (session, data) -> {
              session.events.add("loader " + contextClassLoader());
              switch (at) {
                case DATA -> failure.happen(data);
                case TASK -> session.context.execute(() -> failure.happen(data));
                case SCHEDULED ->
                    session.context.schedule(Duration.ofMillis(1), () -> failure.happen(data));
                case COMPLETION ->
                    session.writer.writeOutbound(
                        session.id,
                        Unpooled.buffer(1).writeZero(1),
                        written -> failure.happen(data));
                default -> {}
              }
            })
        .onComplete(
            session -> {
              if (at == Call.COMPLETE) {
                failure.happen(Unpooled.EMPTY_BUFFER);
              }
            })
        .onSend(session -> failure.happen(Unpooled.EMPTY_BUFFER))
        .onClosed(
            (session, reason) -> {
              session.events.add("loader " + contextClassLoader());
              if (at == Call.CLOSED) {
                failure.happen(Unpooled.EMPTY_BUFFER);
              }
            });
  }

  private static ClassLoader contextClassLoader() {
    return Thread.currentThread().getContextClassLoader();
  }

  /** Its threads begin with the class loader of the one that starts it. */
  private static TestNode startedWith(ClassLoader own, Callable<TestNode> start) throws Exception {
    ClassLoader before = contextClassLoader();
    Thread.currentThread().setContextClassLoader(own);
    try {
      return start.call();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }
}
