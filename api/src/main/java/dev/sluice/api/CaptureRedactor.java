// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import java.util.Arrays;

/**
 * Keeps what a protocol knows to be secret, such as passwords, out of the files in which an
 * operator records sessions. See {@link CustomProtocolSubsystem#captureRedactor}.
 *
 * <p>What it throws ends the capture, never the connection, and the bytes that it was given are not
 * written.
 */
@FunctionalInterface
public interface CaptureRedactor {

  /** Looks at the bytes of one session, in their order. Never called twice at the same time. */
  interface Redaction {

    /**
     * Bytes that were given to the session by {@link Session#handleIncomingData}.
     *
     * @param data a copy of one call's bytes; what is to be secret is overwritten in place
     */
    void received(byte[] data);

    /**
     * Bytes that the session has written, or a part of them. They come a little before or behind
     * what it was given meanwhile.
     *
     * @param data a copy; what is to be secret is overwritten in place
     */
    void sent(byte[] data);

    /**
     * Bytes that others send through the session, as it is given them by {@link Session#sendData}.
     * By default all of them are overwritten.
     *
     * @param data a copy; what is to be secret is overwritten in place
     */
    default void outside(byte[] data) {
      Arrays.fill(data, (byte) 'x');
    }
  }

  /**
   * Begins with a session that is recorded. On a thread of the capture and never on a loop; it may
   * take its time, but what waits for it is bounded, and what comes beyond is not recorded.
   *
   * @return of this session alone
   */
  Redaction begin();
}
