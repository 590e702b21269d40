// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import dev.sluice.api.TlsInfo;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What is counted of one interface. Outlives its connections and its listener, and refers to none
 * of them. Every method may be called from any thread.
 */
public final class EndpointMetrics {

  /** Error kinds that the bridge itself counts; transports and protocols add names of their own. */
  public static final class Errors {
    /** A handshake that failed. */
    public static final String TLS_HANDSHAKE = "tls_handshake";

    /** A record that could not be read, or a wish to renegotiate. */
    public static final String TLS_RECORD = "tls_record";

    /** A socket could not be accepted, nearly always for want of descriptors. */
    public static final String ACCEPT = "accept";

    /** A connection could not be set up. */
    public static final String REGISTER = "register";

    /** A datagram beyond the configured size. */
    public static final String DATAGRAM_TOO_LARGE = "datagram_too_large";

    /** A datagram that claims to come from the interface itself. */
    public static final String FROM_OWN_ADDRESS = "from_own_address";

    /** A datagram could not be received. */
    public static final String RECEIVE = "receive";

    /** A datagram could not be sent. */
    public static final String SEND = "send";

    /** No socket for an address of this host: answers leave as the kernel likes. */
    public static final String SOURCE_ADDRESS = "source_address";

    static final String SESSION_CREATE = "session_create";
    static final String SESSION = "session";

    /** Something of the node's own has failed, to the cost of one connection. */
    static final String INTERNAL = "internal";

    /** A protocol's detector failed; the connection was taken for another protocol's. */
    static final String DETECTOR = "detector";

    static final String WRITE_TOO_LARGE = "write_too_large";

    /** A datagram whose session has enough waiting, or does not want any now. */
    static final String QUEUE_OVERFLOW = "queue_overflow";

    /** A datagram that the socket's queue had no room for. */
    static final String OUTPUT_OVERFLOW = "output_overflow";

    static final String AMPLIFICATION = "amplification_limit";

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
  private final Admission admission;

  EndpointMetrics(Admission admission) {
    this.admission = admission;
  }

  /**
   * Counts datagrams from admitted peers, at the end of a pass.
   *
   * @param datagrams how many
   * @param bytes of all of them
   */
  public void receivedDatagrams(long datagrams, long bytes) {
    datagramsIn.add(datagrams);
    bytesIn.add(bytes);
  }

  void closed(CloseReason reason) {
    closes.increment(reason.code());
  }

  /**
   * Counts an error.
   *
   * @param kind from a fixed list
   */
  public void error(String kind) {
    errors.increment(kind);
  }

  void count(String name) {
    counters.increment(name);
  }

  /** On an interface where there is a choice. */
  void chosen(Protocol protocol) {
    protocols.increment(protocol.name());
  }

  /**
   * Counts a handshake that succeeded.
   *
   * @param tls what it agreed on
   */
  public void handshake(TlsInfo tls) {
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
   * @param open connections now, from accept until the session has heard of the end
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
