// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointMetrics;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A session that fails, wherever and however, costs its own connection and no other. */
class SessionFailureTest {

  /** Where it fails. */
  enum Place {
    DATA,
    INCOMING_COMPLETE,
    CLOSE_SESSION,
    WRITABILITY,
    TASK,
    SCHEDULED_TASK,
    COMPLETION,
    SEND_DATA
  }

  private static RuntimeException exception() {
    return new IllegalStateException("as the test wants");
  }

  static Stream<Arguments> everywhere() {
    return Stream.of(Execution.EVENT_LOOP, Execution.WORKERS)
        .flatMap(
            execution -> Stream.of(Place.values()).map(place -> Arguments.of(execution, place)));
  }

  private static void fail(boolean wanted) {
    if (wanted) {
      throw exception();
    }
  }

  /** A session that is asked to fail by a first byte {@code !}, and echoes otherwise. */
  private static ScriptedProtocol failing(Execution execution, Place place) {
    return new ScriptedProtocol(execution)
        .onData(
            (session, data) -> {
              if (data.getByte(data.readerIndex()) != '!') {
                session.writer.writeOutbound(session.id, data.retain());
                return;
              }
              session.armed = true;
              session.write("so far");
              switch (place) {
                case DATA -> fail(true);
                case TASK -> session.context.execute(() -> fail(true));
                case SCHEDULED_TASK ->
                    session.context.schedule(Duration.ofMillis(1), () -> fail(true));
                case COMPLETION ->
                    session.writer.writeOutbound(
                        session.id, Unpooled.EMPTY_BUFFER, written -> fail(true));
                case WRITABILITY ->
                    session.writer.writeOutbound(
                        session.id, Unpooled.buffer(1 << 20).writeZero(1 << 20));
                default -> {}
              }
            })
        .onComplete(session -> fail(session.armed && place == Place.INCOMING_COMPLETE))
        .onSend(session -> fail(session.armed && place == Place.SEND_DATA))
        .onCloseSession(session -> fail(place == Place.CLOSE_SESSION))
        .onWritability((session, writable) -> fail(place == Place.WRITABILITY));
  }

  @SuppressWarnings("try") // closed on purpose before the end
  @ParameterizedTest
  @MethodSource("everywhere")
  void itsConnectionIsClosedAndTheOthersGoOn(Execution execution, Place place) throws Exception {
    ScriptedProtocol protocol = failing(execution, place);
    try (TestNode node = new TestNode(TestNode.options().withThreads(1, 2))) {
      OpenSslServer server =
          node.serve(protocol)
              .limits(Limits.output(256 << 10, 16 << 20, Duration.ofSeconds(30)))
              .listen();
      try (WireClient healthy = WireClient.to(server);
          WireClient client = WireClient.to(server)) {
        healthy.send("before");
        assertThat(healthy.receive(6)).isEqualTo("before");
        client.send("!");
        assertThat(client.receive(6)).isEqualTo("so far");
        ScriptedProtocol.Conn session = protocol.session(1);
        if (place == Place.CLOSE_SESSION || place == Place.SEND_DATA) {
          assertThat(
                  node.transport
                      .connections()
                      .reply(
                          session.id,
                          place == Place.CLOSE_SESSION,
                          Unpooled.buffer(1).writeZero(place == Place.SEND_DATA ? 1 : 0)))
              .isTrue();
        }
        assertThat(client.receiveAll()).hasSize(place == Place.WRITABILITY ? 1 << 20 : 0);
        client.close();
        TestNode.await("told", () -> session.reason != null);
        assertThat(session.reason).isEqualTo(CloseReason.PROTOCOL_ERROR);
        healthy.send("after");
        assertThat(healthy.receive(5)).isEqualTo("after");
        assertThat(server.endpoint().metrics().snapshot().errors()).containsOnlyKeys("session");
        assertThat(server.endpoint().metrics().snapshot().errors().get("session")).isEqualTo(1);
        assertThat(server.endpoint().metrics().snapshot().closes())
            .containsExactlyEntriesOf(Map.of("protocol_error", 1L));
      }
    }
  }

  @Test
  void theFirstFailureOfAKindIsToldAndAllAreCounted() throws Exception {
    Probe probe =
        new Probe()
            .named("FAILS_OFTEN")
            .onData(
                (peer, data) -> {
                  if (data.getByte(data.readerIndex()) == 'a') {
                    throw new IllegalArgumentException("one of many");
                  }
                  throw new IllegalStateException("another kind");
                });
    try (Logged log = Logged.of(Endpoint.class);
        TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      for (String first : List.of("a", "b", "a", "a", "b")) {
        try (WireClient client = WireClient.to(server)) {
          client.send(first);
          assertThat(client.receiveAll()).isEmpty();
        }
      }
      TestNode.await(
          "all",
          () -> server.endpoint().metrics().snapshot().errors().getOrDefault("session", 0L) == 5);
      assertThat(log.warnings())
          .filteredOn(line -> line.contains("FAILS_OFTEN"))
          .hasSize(2)
          .allMatch(line -> line.contains("a session of FAILS_OFTEN has failed (session)"));
    }
  }

  static Stream<Arguments> throwables() {
    return Stream.of(Execution.EVENT_LOOP, Execution.WORKERS)
        .flatMap(
            execution ->
                Stream.of(
                        new StackOverflowError(),
                        new NoClassDefFoundError("gone"),
                        new AssertionError("wrong"),
                        new LinkageError("mixed"),
                        new ThreadDeathLike(),
                        new RuntimeException((String) null))
                    .map(thrown -> Arguments.of(execution, thrown)));
  }

  /** An error of nobody's family. */
  private static final class ThreadDeathLike extends Error {
    private static final long serialVersionUID = 1;
  }

  @ParameterizedTest
  @MethodSource("throwables")
  void errorsAreNoWorseThanExceptions(Execution execution, Throwable thrown) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  session.write("so far");
                  ScriptedProtocol.throwAny(thrown);
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls().listen();
      for (int i = 0; i < 2; i++) {
        try (WireClient client = WireClient.to(server)) {
          client.send("!");
          assertThat(new String(client.receiveAll(), StandardCharsets.US_ASCII))
              .isEqualTo("so far");
        }
        ScriptedProtocol.Conn session = protocol.session(i);
        TestNode.await("told", () -> session.reason != null);
        assertThat(session.reason).isEqualTo(CloseReason.PROTOCOL_ERROR);
      }
    }
  }

  @Test
  void aRealStackOverflowIsSurvived() throws Exception {
    AtomicInteger depth = new AtomicInteger();
    Consumer<?>[] self = new Consumer<?>[1];
    Consumer<Object> endless =
        next -> {
          depth.incrementAndGet();
          @SuppressWarnings("unchecked")
          Consumer<Object> again = (Consumer<Object>) self[0];
          again.accept(next);
        };
    self[0] = endless;
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData((session, data) -> endless.accept(session));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      for (int i = 0; i < 3; i++) {
        try (WireClient client = WireClient.to(server)) {
          client.send("!");
          assertThat(client.receiveAll()).isEmpty();
        }
      }
      assertThat(depth.get()).isGreaterThan(1000);
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aFailureInTheLastCallChangesNeitherReasonNorBooks(Execution execution, boolean tls)
      throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution).onClosed((session, reason) -> fail(true));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        assertThat(client.receive(1)).isEqualTo("x");
      }
      TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
      assertThat(protocol.session().events).endsWith("closed peer_closed");
      assertThat(server.endpoint().metrics().snapshot().closes())
          .containsExactlyEntriesOf(Map.of("peer_closed", 1L));
      assertThat(server.endpoint().metrics().snapshot().errors()).containsEntry("session", 1L);
    }
  }

  /** How a protocol fails to make a session. */
  enum Making {
    THROWS,
    ANSWERS_NULL,
    THROWS_AN_ERROR,
    WRITES_AND_THROWS
  }

  private record Unmade(
      Execution execution, Making making, boolean speaksFirst, AtomicBoolean fails)
      implements CustomProtocolSubsystem {

    @Override
    public String name() {
      return "UNMADE";
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      if (!fails.get()) {
        return new RawEcho(execution).create(id, writer);
      }
      switch (making) {
        case THROWS -> throw exception();
        case THROWS_AN_ERROR -> throw new NoClassDefFoundError("gone");
        case WRITES_AND_THROWS -> {
          writer.writeOutbound(id, Unpooled.copyInt(7));
          throw exception();
        }
        default -> {
          return null;
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Making.class)
  void aProtocolThatMakesNoSessionCostsTheConnection(Making making) throws Exception {
    for (Execution execution : List.of(Execution.EVENT_LOOP, Execution.WORKERS)) {
      for (boolean first : List.of(false, true)) {
        AtomicBoolean fails = new AtomicBoolean(true);
        try (TestNode node = new TestNode()) {
          OpenSslServer server = node.serve(new Unmade(execution, making, first, fails)).listen();
          try (WireClient client = WireClient.to(server)) {
            if (!first) {
              client.send(WireClient.noise(1, 100_000));
            }
            assertThat(client.receiveAll()).hasSize(making == Making.WRITES_AND_THROWS ? 4 : 0);
          }
          TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
          EndpointMetrics.Snapshot metrics = server.endpoint().metrics().snapshot();
          assertThat(metrics.errors()).isEqualTo(Map.of("session_create", 1L));
          assertThat(metrics.closes()).isEqualTo(Map.of("protocol_error", 1L));
          fails.set(false);
          try (WireClient client = WireClient.to(server)) {
            client.send("next");
            assertThat(client.receive(4)).isEqualTo("next");
          }
        }
      }
    }
  }
}
