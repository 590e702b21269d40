// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * The body of a message on its way out, which goes as the peer's windows allow. Written on the
 * connection's loop; any thread may ask {@link #isWritable}.
 */
final class OutgoingBody<M extends StreamMessage> {

  /** What waits for the peer's window before the writer is told to hold back. */
  private static final int HIGH_MARK = 128 << 10;

  /** So far above the mark a writer gets that holds back as soon as it is told. */
  private static final int OVERSHOT = 512 << 10;

  /** More than this waiting, from a writer who does not hold back, is too much. */
  private static final int MAX_WAITING = 16 << 20;

  private final Http2Endpoint<M> endpoint;
  private final Http2Stream stream;
  private final M message;

  // Written on the loop; read by any thread that asks whether to write.
  private volatile boolean writable = true;

  private int waiting;
  private @Nullable BodyData last;

  OutgoingBody(Http2Endpoint<M> endpoint, Http2Stream stream, M message) {
    this.endpoint = endpoint;
    this.stream = stream;
    this.message = message;
  }

  // ---- for the message

  /** Any thread. */
  boolean isWritable() {
    return writable;
  }

  /** Whether the peer keeps bytes waiting. */
  boolean isWaiting() {
    return waiting > 0;
  }

  /** Whether so much waits that its writer can't have held back. */
  boolean isFull() {
    return waiting > MAX_WAITING;
  }

  /** Whether so much waits that its writer does not hold back, which matters on a full node. */
  boolean isOvershot() {
    return waiting > OVERSHOT;
  }

  /** Takes the buffer over. */
  void add(ByteBuf data, boolean end) {
    waiting += data.readableBytes();
    endpoint.bodies().add(data.readableBytes());
    if (waiting >= HIGH_MARK) {
      writable = false;
    }
    BodyData part = new BodyData(this, data, end);
    last = part;
    endpoint.queue(stream, part);
  }

  /** Nothing follows: the last part ends it, where that has not left yet. */
  void end() {
    BodyData part = last;
    if (part == null || !part.end()) {
      add(Unpooled.EMPTY_BUFFER, true);
    }
  }

  // ---- for its parts

  /** The largest payload that the peer takes in one frame. */
  int largestFrame() {
    return endpoint.largestFrame();
  }

  /** So many bytes wait no longer. */
  void sent(int bytes) {
    waiting -= bytes;
    endpoint.bodies().less(bytes);
    message.sent(bytes);
    if (bytes > 0) {
      endpoint.dataSent(bytes);
    }
    if (!writable && waiting < HIGH_MARK / 2) {
      writable = true;
      endpoint.signalWritable(message);
    }
  }

  /** Writes the next frame; the buffer stays the caller's. */
  void write(ByteBuf data, int length, boolean end) {
    endpoint.writeData(stream, data, length, end);
  }

  /** The last of it was written. */
  void sentWhole() {
    endpoint.messageSent(stream);
    message.bodySent();
  }

  /** The stream has ended before so many bytes were sent. */
  void dropped(int bytes) {
    waiting -= bytes;
    endpoint.bodies().less(bytes);
  }
}
