// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import io.netty.buffer.ByteBuf;

/**
 * Knows a protocol by the first bytes that a client sends, so that it can share a plaintext port
 * with others. Under TLS the choice is ALPN's, and no detector is asked.
 *
 * <p>One object serves all connections and keeps nothing of any. It is called on event loops, on
 * several at the same time, whatever the protocol's {@link Execution}: it must not block, and what
 * it costs, every new connection of the interface pays.
 */
public interface ProtocolDetector {

  /** The largest {@link #maxBytes} that a node accepts. */
  int MOST_BYTES = 1024;

  /** What the bytes so far tell. */
  enum Detection {
    /** The client speaks this protocol. */
    RECOGNISED,
    /** It does not; the detector is not asked again for this connection. */
    NOT_RECOGNISED,
    /** More bytes are needed to tell. With {@link #maxBytes} bytes it means not recognised. */
    NEED_MORE
  }

  /**
   * Looks at the first bytes of a connection.
   *
   * <p>The detectors of an interface are asked in the order of its {@code app_protocol}, each once
   * those before it have said no, and again as bytes arrive. The bytes go to the chosen protocol's
   * session from the first one on: a detector consumes nothing. An exception means not recognised,
   * for this connection, and is counted on the interface.
   *
   * @param head all bytes since the connection began, at least one and at most {@link #maxBytes};
   *     read-only and borrowed: valid during the call, its indices are the detector's own to move
   * @return what they tell
   */
  Detection detect(ByteBuf head);

  /**
   * How many bytes it takes at most to decide.
   *
   * @return 1 to {@link #MOST_BYTES}; read once, when the node starts
   */
  int maxBytes();

  /**
   * Recognises clients that begin with certain words, such as a magic number or a method and the
   * space behind it.
   *
   * @param prefixes at least one, each of 1 to {@link #MOST_BYTES} characters of ISO-8859-1, which
   *     stand for a byte each
   * @return a detector that needs as many bytes as the longest prefix has, and says no at the first
   *     byte that fits none
   * @throws IllegalArgumentException if there is none, or one is empty, too long or has other
   *     characters
   */
  static ProtocolDetector ofPrefixes(String... prefixes) {
    return new PrefixDetector(prefixes);
  }
}
