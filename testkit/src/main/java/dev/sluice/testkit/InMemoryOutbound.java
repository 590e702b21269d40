// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.session.bridge.ConnectionOpener;
import dev.sluice.session.bridge.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The way out of an {@link InMemoryPlatform}: it remembers whom its sessions want to connect to,
 * and the test says what becomes of it.
 *
 * <pre>{@code
 * connection.feed("call example.org\n");
 * InMemoryConnection called = platform.outbound().attempt(0).accept();
 * called.feed("an answer\n");
 * }</pre>
 *
 * <p>Nothing is decided by itself, no time runs out. Methods belong to the test's thread.
 */
public final class InMemoryOutbound implements OutboundConnector {

  /** Makes the connection of an attempt that the peer has taken. */
  interface Opening {
    InMemoryConnection open(
        CustomProtocolSubsystem client, Attempt attempt, ConnectionOpener opener);
  }

  private final CustomProtocolSubsystem protocol;
  private final Opening opening;
  private final List<Attempt> attempts = new ArrayList<>();

  InMemoryOutbound(CustomProtocolSubsystem protocol, Opening opening) {
    this.protocol = protocol;
    this.opening = opening;
  }

  /**
   * What was asked for so far.
   *
   * @return in the order of the asking, also what was decided since
   */
  public List<Attempt> attempts() {
    return List.copyOf(attempts);
  }

  /**
   * One of the attempts.
   *
   * @param index 0 for the first
   * @return the same always
   * @throws AssertionError if there are not so many
   */
  public Attempt attempt(int index) {
    if (index >= attempts.size()) {
      throw new AssertionError("attempts so far: " + attempts.size());
    }
    return attempts.get(index);
  }

  @Override
  public <S extends Session> CompletionStage<OutboundConnection<S>> connect(
      OutboundTarget target, OutboundOptions options, ClientSessionFactory<S> factory) {
    CompletableFuture<OutboundConnection<S>> stage = new CompletableFuture<>();
    attempts.add(new Asked<>(target, options, factory, stage));
    return stage;
  }

  /** Knows the platform's own protocol by its name, and no other. */
  @Override
  public CompletionStage<OutboundConnection<? extends Session>> connect(
      OutboundTarget target, OutboundOptions options, List<String> names) {
    Optional<ClientSessionFactory<?>> client =
        names.equals(List.of(protocol.name())) ? protocol.client() : Optional.empty();
    if (client.isEmpty()) {
      return CompletableFuture.failedFuture(
          new OutboundException(Kind.NOT_SUPPORTED, target + ": no client of " + names, null));
    }
    return connect(target, options, client.get()).thenApply(made -> made);
  }

  /** Somebody wants to connect. */
  public abstract static sealed class Attempt permits Asked {

    private final OutboundTarget target;
    private final OutboundOptions options;

    private Attempt(OutboundTarget target, OutboundOptions options) {
      this.target = target;
      this.options = options;
    }

    /**
     * Whom to.
     *
     * @return as it was asked for
     */
    public OutboundTarget target() {
      return target;
    }

    /**
     * How.
     *
     * @return as it was asked for
     */
    public OutboundOptions options() {
      return options;
    }

    /**
     * The peer takes the connection; under TLS, if that was asked for, with nothing known of it.
     *
     * @return the connection, in which the test is the peer
     * @throws IllegalStateException if the attempt was decided before
     */
    public InMemoryConnection accept() {
      return accept(options.tls().isPresent() ? InMemoryPlatform.TLS : null);
    }

    /**
     * The peer takes the connection.
     *
     * @param tls what the session's context answers; null for none
     * @return the connection, in which the test is the peer
     * @throws IllegalStateException if the attempt was decided before
     */
    public abstract InMemoryConnection accept(@Nullable TlsInfo tls);

    /**
     * The attempt fails.
     *
     * @param kind how
     * @throws IllegalStateException if the attempt was decided before
     */
    public abstract void refuse(Kind kind);

    abstract @Nullable TlsInfo tls();
  }

  private final class Asked<S extends Session> extends Attempt implements ConnectionOpener {
    private final ClientSessionFactory<S> factory;
    private final CompletableFuture<OutboundConnection<S>> stage;
    private boolean decided;
    private @Nullable OutboundConnection<S> made;
    private @Nullable TlsInfo agreed;

    Asked(
        OutboundTarget target,
        OutboundOptions options,
        ClientSessionFactory<S> factory,
        CompletableFuture<OutboundConnection<S>> stage) {
      super(target, options);
      this.factory = factory;
      this.stage = stage;
    }

    @Override
    public InMemoryConnection accept(@Nullable TlsInfo tls) {
      decide();
      agreed = tls;
      return opening.open(new Client(), this, this);
    }

    @Override
    public void refuse(Kind kind) {
      decide();
      stage.completeExceptionally(
          new OutboundException(kind, target() + ": refused by the test", null));
    }

    private void decide() {
      if (decided) {
        throw new IllegalStateException("decided already: " + target());
      }
      decided = true;
    }

    @Override
    @Nullable TlsInfo tls() {
      return agreed;
    }

    @Override
    public void sessionMade(Session session) {
      stage.complete(Objects.requireNonNull(made));
    }

    /** Does nothing where there was a session. */
    @Override
    public void ended(Ending ending) {
      stage.completeExceptionally(
          new OutboundException(Kind.SESSION_FAILED, target() + ": the factory failed", null));
    }

    /** Serves the factory's sessions as those of a protocol that speaks first. */
    private final class Client implements CustomProtocolSubsystem {
      @Override
      public String name() {
        return factory.name();
      }

      @Override
      public Session create(ConnId id, SessionWriter writer) {
        S session = Objects.requireNonNull(factory.create(id, writer));
        made = new OutboundConnection<>(session, writer.context(id));
        return session;
      }

      @Override
      public boolean speaksFirst() {
        return true;
      }

      @Override
      public Execution execution() {
        return factory.execution();
      }
    }
  }
}
