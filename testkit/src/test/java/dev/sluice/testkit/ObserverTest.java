// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** What looks on at a session hides nothing from it, and misses nothing. */
class ObserverTest {

  @Test
  void everyMethodIsPassedOn() throws Exception {
    assertPasses(Session.class, ObservedSession.class);
    assertPasses(SessionWriter.class, ObservedWriter.class);
    assertPasses(SessionContext.class, ObservedContext.class);
  }

  /** A default method that is not overridden would be the interface's and not the engine's. */
  private static void assertPasses(Class<?> contract, Class<?> observed) throws Exception {
    for (Method method : contract.getMethods()) {
      if (!Modifier.isStatic(method.getModifiers())) {
        Method found = observed.getMethod(method.getName(), method.getParameterTypes());
        assertThat(found.getDeclaringClass().isInterface()).as(method.toString()).isFalse();
      }
    }
  }

  @Test
  void whatIsReleasedBehindItsWriteIsFound() {
    for (Transport transport : Transport.values()) {
      InMemoryConnection connection =
          connection(
              transport,
              (id, writer) -> {
                ByteBuf data = Unpooled.copiedBuffer(new byte[] {1, 2, 3});
                writer.writeOutbound(id, data);
                data.release();
              });
      connection.feed("x");
      connection.readOn();
      assertThat(connection.violations())
          .as(transport.toString())
          .singleElement()
          .asString()
          .containsPattern("a buffer was released .*after it (was|had been) written");
    }
  }

  @Test
  void whatIsReleasedWhileItIsOnItsWayIsFound() {
    ByteBuf[] written = {Unpooled.EMPTY_BUFFER};
    InMemoryConnection connection =
        connection(
            Transport.TCP,
            (id, writer) -> {
              written[0] = Unpooled.copiedBuffer(new byte[] {1, 2, 3});
              writer.writeOutbound(id, written[0]);
            });
    connection.feed("x");
    connection.read(1);
    written[0].release();
    connection.readOn();
    assertThat(connection.violations())
        .containsExactly("a buffer was released or read after it was written");
    assertThat(connection.received()).hasSize(1);
  }

  @Test
  void aPartThatIsReleasedIsFound() {
    ByteBuf[] part = {Unpooled.EMPTY_BUFFER};
    InMemoryConnection connection =
        connection(
            Transport.TCP,
            (id, writer) -> {
              part[0] = Unpooled.copiedBuffer(new byte[] {1, 2});
              ByteBuf rest = Unpooled.copiedBuffer(new byte[] {3, 4});
              writer.writeOutbound(id, Unpooled.wrappedBuffer(part[0], rest));
            });
    connection.feed("x");
    part[0].release();
    connection.readOn();
    assertThat(connection.violations())
        .containsExactly("a buffer was released or read after it was written");
    InMemoryConnection early =
        connection(
            Transport.TCP,
            (id, writer) -> {
              ByteBuf gone = Unpooled.copiedBuffer(new byte[] {1, 2});
              ByteBuf both = Unpooled.wrappedBuffer(gone, Unpooled.copiedBuffer(new byte[1]));
              gone.release();
              writer.writeOutbound(id, both);
            });
    early.feed("x");
    assertThat(early.violations())
        .singleElement()
        .asString()
        .startsWith("it was closed for a failure: a write failed");
    assertThat(early.closed()).contains(CloseReason.PROTOCOL_ERROR);
  }

  @Test
  void whatIsChangedBehindItsWriteIsFoundInADatagramToo() {
    for (Transport transport : Transport.values()) {
      byte[] reused = {1, 2, 3};
      InMemoryConnection connection =
          connection(
              transport,
              (id, writer) -> {
                writer.writeOutbound(id, Unpooled.copiedBuffer(reused));
                writer.writeOutbound(id, Unpooled.wrappedBuffer(reused));
                reused[1]++;
              });
      connection.feed("x");
      connection.readOn();
      assertThat(connection.violations())
          .as(transport.toString())
          .containsExactly("the bytes of a buffer were changed after it was written");
    }
  }

  @Test
  void numbersBelowZeroAreFound() {
    InMemoryConnection connection =
        connection(
            Transport.TCP,
            (id, writer) -> {
              writer.hold(id, -1);
              writer.consumed(id, -2);
              writer.context(id).schedule(Duration.ofMillis(-3), () -> {});
            });
    connection.feed("x");
    assertThat(connection.violations()).hasSize(3);
  }

  @Test
  void whatIsThrownIsFoundWhereverItIsThrown() {
    InMemoryConnection connection =
        connection(
            Transport.TCP,
            (id, writer) ->
                writer.writeOutbound(
                    id,
                    Unpooled.copiedBuffer(new byte[1]),
                    written -> {
                      throw new IllegalStateException("told");
                    }));
    connection.feed("x");
    connection.readOn();
    assertThat(connection.violations())
        .containsExactly("a write's completion threw java.lang.IllegalStateException: told");
  }

  /** What a worker asks for is handed over to the loop, as in a node. */
  @Test
  void workersAreNotTheLoop() {
    List<Boolean> onLoop = new ArrayList<>();
    InMemoryConnection connection =
        connection(
            Transport.TCP,
            (id, writer) -> {
              onLoop.add(writer.context(id).executor().inEventLoop());
              writer.context(id).executor().execute(() -> onLoop.add(true));
              writer.writeOutbound(id, Unpooled.copiedBuffer(new byte[] {'a'}));
              writer.closeSocket(id);
            });
    connection.feed("x");
    connection.readOn();
    assertThat(onLoop).containsExactly(false, true);
    assertThat(connection.receivedText()).isEqualTo("a");
    assertThat(connection.violations()).isEmpty();
  }

  private static InMemoryConnection connection(
      Transport transport, BiConsumer<ConnId, SessionWriter> onData) {
    CustomProtocolSubsystem protocol =
        new CustomProtocolSubsystem() {
          @Override
          public String name() {
            return "OBSERVED";
          }

          @Override
          public Set<Transport> transports() {
            return Set.of(transport);
          }

          @Override
          public Execution execution() {
            return Execution.WORKERS;
          }

          @Override
          public Session create(ConnId id, SessionWriter writer) {
            return new BrokenSessions.Raw(id, writer) {
              @Override
              public void handleIncomingData(ByteBuf data) {
                onData.accept(id, writer);
              }
            };
          }
        };
    InMemoryConnection connection = new InMemoryPlatform(protocol).connect();
    connection.stopReading();
    return connection;
  }
}
