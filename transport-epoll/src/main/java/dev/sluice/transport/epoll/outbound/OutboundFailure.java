// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.api.CloseReason;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.session.bridge.ClosedBy;
import dev.sluice.session.bridge.Ending;
import dev.sluice.transport.epoll.tls.ServerRefusedException;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What went wrong with an attempt, found out of what the kernel and the TLS library say. */
record OutboundFailure(Kind kind, String words, @Nullable Throwable cause) {

  static final OutboundFailure DRAINING =
      new OutboundFailure(Kind.DRAINING, "this node is going to stop", null);

  /** What a kind of failure is counted as. */
  static String counter(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /**
   * What the record of it says.
   *
   * @param limit the configuration key of what was reached, if anything was
   */
  Ending ending(@Nullable String limit) {
    return new Ending(
        CloseReason.of(counter(kind)),
        kind == Kind.REFUSED ? ClosedBy.PEER : ClosedBy.NODE,
        limit,
        Ending.bounded(words));
  }

  /** None of the addresses has taken the connection; at least one. */
  static OutboundFailure ofAddresses(Map<InetSocketAddress, Throwable> failures) {
    String words =
        failures.entrySet().stream()
            .map(
                each ->
                    NetUtil.toSocketAddressString(each.getKey()) + ": " + reason(each.getValue()))
            .collect(Collectors.joining(", "));
    return new OutboundFailure(kind(failures.values()), words, failures.values().iterator().next());
  }

  private static Kind kind(Iterable<Throwable> failures) {
    boolean descriptors = true;
    boolean silent = false;
    for (Throwable failure : failures) {
      String words = String.valueOf(failure.getMessage()) + failure.getCause();
      descriptors &= words.contains("Too many open files");
      silent |= words.contains("timed out");
    }
    return descriptors ? Kind.LOCAL_LIMIT : silent ? Kind.CONNECT_TIMEOUT : Kind.REFUSED;
  }

  /** The kernel's words; Netty's name the call before them and the address behind. */
  private static String reason(Throwable failure) {
    String words = String.valueOf(failure.getMessage());
    int call = words.indexOf("failed with error(");
    int end = words.indexOf("): ", Math.max(call, 0));
    if (call < 0 || end < 0) {
      return failure instanceof IOException ? words : failure.toString();
    }
    String kernel = words.substring(end + 3);
    int address = kernel.indexOf(": ");
    return address < 0 ? kernel : kernel.substring(0, address);
  }

  /**
   * TLS does not stand.
   *
   * @param reason why the connection ends
   * @param alpn what was offered
   */
  static OutboundFailure ofHandshake(Throwable cause, CloseReason reason, List<String> alpn) {
    for (@Nullable Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof ServerRefusedException refused) {
        return new OutboundFailure(refused.kind(), String.valueOf(refused.getMessage()), cause);
      }
    }
    if (reason.equals(CloseReason.HANDSHAKE_TIMEOUT)) {
      return new OutboundFailure(
          Kind.HANDSHAKE_TIMEOUT, "the TLS handshake was not finished in time", cause);
    }
    if (isOfDrain(reason)) {
      return DRAINING;
    }
    String words = Ending.describe("TLS", cause);
    return words.contains("NO_APPLICATION_PROTOCOL")
        ? notNegotiated(alpn)
        : new OutboundFailure(Kind.HANDSHAKE_FAILED, words, cause);
  }

  /** The peer has chosen none of the names. */
  static OutboundFailure notNegotiated(List<String> alpn) {
    return new OutboundFailure(
        Kind.PROTOCOL_NOT_NEGOTIATED, "the peer speaks none of " + alpn, null);
  }

  /** The connection has ended, and there never was a session. */
  static OutboundFailure ofEnd(CloseReason reason) {
    return isOfDrain(reason)
        ? DRAINING
        : new OutboundFailure(
            Kind.SESSION_FAILED,
            "the connection ended before its session was made: " + reason,
            null);
  }

  private static boolean isOfDrain(CloseReason reason) {
    return reason.equals(CloseReason.DRAINED) || reason.equals(CloseReason.DRAIN_DEADLINE);
  }
}
