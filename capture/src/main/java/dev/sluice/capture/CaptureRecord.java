// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One record of a capture. Times are nanoseconds since the capture's start; a session is named by
 * the id of its connection.
 *
 * <p>Arrays in records are not copied: whoever makes or reads one leaves them alone.
 */
public sealed interface CaptureRecord {

  /** What belongs to one session. */
  sealed interface OfSession extends CaptureRecord {

    /**
     * When.
     *
     * @return nanoseconds since the capture's start
     */
    long nanos();

    /**
     * Whose.
     *
     * @return the connection's id
     */
    long session();
  }

  /**
   * What the capture is; the first record, and once.
   *
   * @param startedAt the time of day that the times of all records count from
   * @param interfaceName the interface, as the node's configuration calls it
   * @param nodeVersion the version of the node
   */
  record Header(Instant startedAt, String interfaceName, String nodeVersion)
      implements CaptureRecord {}

  /**
   * A protocol that sessions behind it are of.
   *
   * @param number what {@link Opened} calls it
   * @param name as {@code app_protocol} has it
   * @param jar the file that it came from; empty where there was none
   * @param version of the jar; empty where it says none
   * @param settings its {@code protocol_config} as JSON; empty where there was none
   */
  record ProtocolUsed(int number, String name, String jar, String version, String settings)
      implements CaptureRecord {}

  /**
   * A session was made.
   *
   * @param nanos when
   * @param session the connection's id
   * @param protocol number of a {@link ProtocolUsed} before it
   * @param transport what carries the bytes
   * @param capped admitted over the soft cap
   * @param local the node's end; null where it is not known
   * @param remote the peer's; null where it is not known
   * @param tls what TLS had agreed on; empty for plaintext
   */
  record Opened(
      long nanos,
      long session,
      int protocol,
      Transport transport,
      boolean capped,
      @Nullable InetSocketAddress local,
      @Nullable InetSocketAddress remote,
      Optional<TlsInfo> tls)
      implements OfSession {}

  /** Which way bytes went. */
  enum Way {
    /** Given to the session by {@code handleIncomingData}; one record, or a chain, a call. */
    DELIVERED,
    /** Written by the session, in the order in which they leave; on UDP one datagram. */
    WRITTEN,
    /**
     * Given to the session by {@code sendData}: bytes that the node's own code sends through it.
     */
    OUTSIDE
  }

  /**
   * Bytes.
   *
   * @param nanos when the session was called, or when it wrote
   * @param session the connection's id
   * @param way which way they went
   * @param more the next record of this session and way goes on with the same call
   * @param data the bytes
   */
  // A record of another sort than Java's: it is moved, not compared, and a copy would cost.
  @SuppressWarnings("ArrayRecordComponent")
  record Bytes(long nanos, long session, Way way, boolean more, byte[] data) implements OfSession {
    @Override
    public String toString() {
      return "Bytes[" + nanos + ", " + session + ", " + way + ", " + data.length + " bytes]";
    }
  }

  /** What can happen to a session beside bytes, or what it asked for. */
  enum What {
    /** {@code incomingComplete}: the end of a pass of reading. */
    PASS_COMPLETE,
    /** {@code inputClosed}: the peer has ended its sending side. */
    INPUT_ENDED,
    /** {@code drainRequested}; the amount is the time left in nanoseconds. */
    DRAIN,
    /** {@code closeSession}, since the node's own code wants it to end. */
    ASKED_TO_END,
    /** {@code writabilityChanged}: hold back. */
    NOT_WRITABLE,
    /** {@code writabilityChanged}: go on. */
    WRITABLE,
    /** The session called {@code pauseReads}. */
    PAUSED,
    /** The session called {@code resumeReads}. */
    RESUMED,
    /** The session called {@code hold}; the amount is in bytes. */
    HELD,
    /** The session called {@code consumed}; the amount is in bytes. */
    CONSUMED,
    /** The session called {@code shutdownOutput}, and it was done. */
    OUTPUT_SHUT,
    /** The session called {@code closeSocket}. */
    CLOSE_ASKED,
    /** The session called {@code abort}. */
    ABORT_ASKED
  }

  /**
   * Something that happened.
   *
   * @param nanos when
   * @param session the connection's id
   * @param what of it
   * @param amount as {@link What} says; else 0
   */
  record Event(long nanos, long session, What what, long amount) implements OfSession {}

  /**
   * Records of this session were dropped here, since the disk was slower than the session.
   *
   * @param nanos when the next one got through
   * @param session the connection's id
   * @param records how many
   * @param bytes of theirs
   */
  record Lost(long nanos, long session, long records, long bytes) implements OfSession {}

  /**
   * A session has heard of its end.
   *
   * @param nanos when
   * @param session the connection's id
   * @param reason the code that the node's records have
   * @param by who ended it, in upper case as there
   * @param limit the configuration key of the limit that was reached; empty where there was none
   * @param detail in words; may be empty
   */
  record Ended(long nanos, long session, String reason, String by, String limit, String detail)
      implements OfSession {}

  /**
   * The capture was ended in order; the last record. Without it the node was not able to.
   *
   * @param nanos when
   * @param why in a word
   * @param sessions how many were recorded
   */
  record Finished(long nanos, String why, long sessions) implements CaptureRecord {}
}
