// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

/** What is made of a stream. On the connection's loop. */
interface StreamMessage {

  /** What waited for windows has gone. */
  void writableAgain();

  /** So many bytes of its body have gone out. */
  void sent(int bytes);

  /** The last of its body was handed over. */
  void bodySent();

  /** Nothing more of the stream comes or goes. */
  void streamClosed();
}
