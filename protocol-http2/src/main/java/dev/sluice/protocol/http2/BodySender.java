// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.buffer.ByteBuf;

/** A message whose body goes out as the peer's windows allow. On the connection's loop. */
interface BodySender {

  /** The largest payload that the peer takes in one frame. */
  int largestFrame();

  /** So many bytes wait no longer. */
  void sent(int bytes);

  /** Writes the next frame; the buffer stays the caller's. */
  void write(ByteBuf data, int length, boolean last);

  /** The last of it was written. */
  void bodySent();

  /** The stream has ended before so many bytes were sent. */
  void dropped(int bytes);
}
