// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.TlsInfo;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What is counted of one interface. Outlives its connections and its listener, and refers to none
 * of them. Every method may be called from any thread.
 */
public final class InterfaceMetrics {

  /** Error kinds that the transport itself counts; protocols add names of their own. */
  static final class Errors {
    static final String TLS_HANDSHAKE = "tls_handshake";
    static final String TLS_RECORD = "tls_record";
    static final String SESSION_CREATE = "session_create";
    static final String SESSION = "session";

    /** A protocol's detector failed; the connection was taken for another protocol's. */
    static final String DETECTOR = "detector";

    static final String ACCEPT = "accept";
    static final String REGISTER = "register";

    /** A datagram beyond the configured size. */
    static final String DATAGRAM_TOO_LARGE = "datagram_too_large";

    static final String WRITE_TOO_LARGE = "write_too_large";

    /** A datagram whose session has enough waiting, or does not want any now. */
    static final String QUEUE_OVERFLOW = "queue_overflow";

    /** A datagram that the socket's queue had no room for. */
    static final String OUTPUT_OVERFLOW = "output_overflow";

    static final String AMPLIFICATION = "amplification_limit";

    /** A datagram that claims to come from the interface itself. */
    static final String FROM_OWN_ADDRESS = "from_own_address";

    static final String RECEIVE = "receive";
    static final String SEND = "send";

    /** No socket for an address of this host: answers leave as the kernel likes. */
    static final String SOURCE_ADDRESS = "source_address";

    private Errors() {}
  }

  final LongAdder accepted = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder capped = new LongAdder();
  final LongAdder bytesIn = new LongAdder();
  final LongAdder bytesOut = new LongAdder();
  final LongAdder datagramsIn = new LongAdder();
  final LongAdder datagramsOut = new LongAdder();
  private final CounterTable closes = new CounterTable();
  private final CounterTable errors = new CounterTable();
  private final CounterTable counters = new CounterTable();
  private final CounterTable handshakes = new CounterTable();
  private final CounterTable protocols = new CounterTable();
  private final InboundAdmission admission;

  InterfaceMetrics(InboundAdmission admission) {
    this.admission = admission;
  }

  void closed(CloseReason reason) {
    closes.increment(reason.code());
  }

  void error(String kind) {
    errors.increment(kind);
  }

  void count(String name) {
    counters.increment(name);
  }

  /** On an interface where there is a choice. */
  void chosen(SessionProtocol protocol) {
    protocols.increment(protocol.name());
  }

  void handshake(TlsInfo tls) {
    // Against what a handshake costs, one string is nothing.
    handshakes.increment(tls.version() + ' ' + tls.cipherSuite() + ' ' + tls.group().orElse("-"));
  }

  /**
   * All figures at about one moment; bytes lag up to a quarter of a second behind.
   *
   * @return a copy
   */
  public Snapshot snapshot() {
    return new Snapshot(
        admission.open(),
        admission.peak(),
        admission.softCap(),
        admission.hardCap(),
        accepted.sum(),
        capped.sum(),
        refused.sum(),
        bytesIn.sum(),
        bytesOut.sum(),
        closes.snapshot(),
        errors.snapshot(),
        counters.snapshot(),
        handshakes.snapshot(),
        datagramsIn.sum(),
        datagramsOut.sum(),
        protocols.snapshot());
  }

  /**
   * Figures of one interface.
   *
   * @param open connections now, from accept to the end of the socket
   * @param peak the most there were at once
   * @param softCap the configured soft cap
   * @param hardCap the configured hard cap
   * @param accepted connections admitted, the capped ones too
   * @param capped connections admitted over the soft cap
   * @param refused connections closed at accept over the hard cap
   * @param bytesIn plaintext bytes from peers
   * @param bytesOut plaintext bytes that the kernel took
   * @param closes ended connections by reason
   * @param errors by kind
   * @param counters of the protocol's own
   * @param handshakes that succeeded, by version, cipher suite and group as in {@code TLSv1.3
   *     TLS_AES_128_GCM_SHA256 X25519MLKEM768}
   * @param datagramsIn from admitted peers, also those that were dropped then; 0 on TCP
   * @param datagramsOut that the kernel took; 0 on TCP
   * @param protocols connections by the protocol that was chosen for them; empty where the
   *     interface has one alone
   */
  public record Snapshot(
      int open,
      int peak,
      int softCap,
      int hardCap,
      long accepted,
      long capped,
      long refused,
      long bytesIn,
      long bytesOut,
      Map<String, Long> closes,
      Map<String, Long> errors,
      Map<String, Long> counters,
      Map<String, Long> handshakes,
      long datagramsIn,
      long datagramsOut,
      Map<String, Long> protocols) {}
}
