// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.outbound;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.NodeContext;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.outbound.OutboundException.Kind;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Opens connections as a client, from any thread and without blocking it.
 *
 * <p><b>Where they live.</b> The connections of {@link SessionContext#outbound()} live on the event
 * loop of that session's connection, so that bytes go from one to the other without a change of
 * threads; those of {@link NodeContext#outbound()} are spread over the node's loops.
 *
 * <p><b>What they are.</b> Connections of the node like those that it accepts: with the same order
 * of calls, backpressure, budgets, idle timeout, records and drain. Their ids are negative. They
 * count against the node's bound of outbound connections from the attempt on.
 *
 * <p><b>The stage</b> completes with the session that was made, in that session's order behind its
 * making and before its first bytes, or fails with an {@link OutboundException}. Dependents run on
 * a thread of the node, which may be an event loop: they do not block, and a session comes back
 * into its own order by {@link SessionContext#execute}. Cancelling {@link
 * CompletionStage#toCompletableFuture()} gives the attempt up; a session that was made meanwhile
 * hears of its end.
 */
public interface OutboundConnector {

  /**
   * Connects, with sessions of the caller's own.
   *
   * @param <S> the sessions' type
   * @param target whom to; a name is looked up, and all of its addresses are tried
   * @param options how; {@link OutboundOptions#defaults()} is TLS with a peer that is verified
   * @param factory makes the session once the connection stands, never before
   * @return completes with the session, or fails with an {@link OutboundException}
   */
  <S extends Session> CompletionStage<OutboundConnection<S>> connect(
      OutboundTarget target, OutboundOptions options, ClientSessionFactory<S> factory);

  /**
   * Connects by a protocol of the node.
   *
   * <p>Where the options ask for TLS and name no ALPN, the protocol's own names are offered, and a
   * peer that chooses none is taken.
   *
   * <p>The session is of a class of the protocol's jar. Callers from another jar, which has a class
   * loader of its own, see it by types that both share, such as those of this API.
   *
   * @param target whom to; a name is looked up, and all of its addresses are tried
   * @param options how; {@link OutboundOptions#defaults()} is TLS with a peer that is verified
   * @param protocol its {@link CustomProtocolSubsystem#name}; {@link Kind#NOT_SUPPORTED} where
   *     there is none, or it has no {@link CustomProtocolSubsystem#client()}
   * @return completes with the session, or fails with an {@link OutboundException}
   */
  default CompletionStage<OutboundConnection<? extends Session>> connect(
      OutboundTarget target, OutboundOptions options, String protocol) {
    return connect(target, options, List.of(protocol));
  }

  /**
   * Connects by one of several protocols of the node, which the peer chooses by ALPN: their names
   * are offered in the order of the protocols. A peer that chooses none is spoken to by the last
   * protocol, as is any peer without TLS.
   *
   * @param target whom to; a name is looked up, and all of its addresses are tried
   * @param options how; ALPN names in it take the place of the protocols' own in the offer
   * @param protocols their {@link CustomProtocolSubsystem#name}s, the preferred one first; {@link
   *     Kind#NOT_SUPPORTED} where there is no such one, or it has no {@link
   *     CustomProtocolSubsystem#client()}
   * @return completes with the session, or fails with an {@link OutboundException}
   * @throws IllegalArgumentException if there is no protocol
   */
  CompletionStage<OutboundConnection<? extends Session>> connect(
      OutboundTarget target, OutboundOptions options, List<String> protocols);

  /**
   * Makes the connections that a client keeps known to the node, which shows them to its operator
   * and counts them by target.
   *
   * @param pools asked now and then, on any thread, and not for long; kept weakly, so that whoever
   *     shows it holds it
   */
  default void showPools(Supplier<List<OutboundPool>> pools) {}

  /**
   * A connector where none can be had: every attempt fails with {@link Kind#NOT_SUPPORTED}.
   *
   * @param reason for the message
   * @return holds nothing
   */
  static OutboundConnector unsupported(String reason) {
    return new OutboundConnector() {
      @Override
      public <S extends Session> CompletionStage<OutboundConnection<S>> connect(
          OutboundTarget target, OutboundOptions options, ClientSessionFactory<S> factory) {
        return refuse(target);
      }

      @Override
      public CompletionStage<OutboundConnection<? extends Session>> connect(
          OutboundTarget target, OutboundOptions options, List<String> protocols) {
        return refuse(target);
      }

      private <T> CompletionStage<T> refuse(OutboundTarget target) {
        return CompletableFuture.failedFuture(
            new OutboundException(Kind.NOT_SUPPORTED, target + ": " + reason, null));
      }
    };
  }
}
