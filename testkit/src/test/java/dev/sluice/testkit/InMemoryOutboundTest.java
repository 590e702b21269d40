// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A protocol that calls out is tested with the test as the peer on both sides. */
class InMemoryOutboundTest {

  private static final OutboundTarget TARGET = new OutboundTarget("far.test", 7);

  @Test
  void whatTheCalledOneSaysReachesTheCaller() {
    try (InMemoryPlatform platform = new InMemoryPlatform(new Forwarder())) {
      InMemoryConnection near = platform.connect();
      near.feed("hello");
      InMemoryOutbound.Attempt attempt = platform.outbound().attempt(0);
      assertThat(attempt.target()).isEqualTo(TARGET);
      assertThat(attempt.options().tls()).isPresent();
      InMemoryConnection far = attempt.accept();
      assertThat(far.context().id().value()).isNegative();
      assertThat(far.context().secure()).isTrue();
      assertThat(far.receivedText()).isEqualTo("hello");
      far.feed("and back");
      assertThat(near.receivedText()).isEqualTo("and back");
      assertThatThrownBy(attempt::accept).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void whatFailsReachesTheCaller() {
    try (InMemoryPlatform platform = new InMemoryPlatform(new Forwarder())) {
      InMemoryConnection near = platform.connect();
      near.feed("hello");
      platform.outbound().attempt(0).refuse(Kind.REFUSED);
      platform.executor().runAll();
      assertThat(near.receivedText()).isEqualTo("REFUSED");
    }
  }

  @Test
  void anotherProtocolIsNotThere() {
    try (InMemoryPlatform platform = new InMemoryPlatform(new Forwarder())) {
      assertThat(
              platform
                  .outbound()
                  .connect(TARGET, OutboundOptions.defaults(), "OTHER")
                  .toCompletableFuture())
          .isCompletedExceptionally();
      assertThat(platform.outbound().attempts()).isEmpty();
    }
  }

  /** Sends what it gets to a far end, and what comes from there back. */
  private static final class Forwarder implements CustomProtocolSubsystem {
    @Override
    public String name() {
      return "FORWARDER";
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }

    @Override
    public Optional<ClientSessionFactory<?>> client() {
      return Optional.of(ClientSessionFactory.of(name(), execution(), Far::new));
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new Near(id, writer);
    }
  }

  private static class Near implements Session {
    final ConnId id;
    final SessionWriter writer;

    Near(ConnId id, SessionWriter writer) {
      this.id = id;
      this.writer = writer;
    }

    void write(String text) {
      writer.writeOutbound(id, Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    @Override
    public void handleIncomingData(ByteBuf data) {
      String text = data.toString(StandardCharsets.US_ASCII);
      writer
          .context(id)
          .outbound()
          .connect(TARGET, OutboundOptions.defaults(), "FORWARDER")
          .whenComplete(
              (made, failure) ->
                  writer
                      .context(id)
                      .execute(
                          () -> {
                            if (failure == null) {
                              ((Far) made.session()).begin(this, text);
                            } else {
                              write(OutboundException.in(failure).orElseThrow().kind().name());
                            }
                          }));
    }

    @Override
    public boolean sendData(ByteBuf data) {
      return writer.writeOutbound(id, data.retain());
    }

    @Override
    public void closeSession() {
      writer.closeSocket(id);
    }

    @Override
    public void connectionClosed(CloseReason reason) {}
  }

  private static final class Far extends Near {
    private Near caller;

    Far(ConnId id, SessionWriter writer) {
      super(id, writer);
    }

    void begin(Near from, String text) {
      caller = from;
      write(text);
    }

    @Override
    public void handleIncomingData(ByteBuf data) {
      String text = data.toString(StandardCharsets.US_ASCII);
      caller.writer.context(caller.id).execute(() -> caller.write(text));
    }
  }
}
