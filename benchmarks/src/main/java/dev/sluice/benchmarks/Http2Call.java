// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.Http2Headers;

/** One request and its answer; used again, under another id, when the answer is whole. */
final class Http2Call {

  private final Http2Exchange exchange;
  private int id;
  private int toSend;
  private int window;
  private int received;
  private boolean headed;

  Http2Call(Http2Exchange exchange) {
    this.exchange = exchange;
  }

  /** Makes it a new request on a stream in whose window the server has room for so many bytes. */
  void begin(int stream, int room) {
    id = stream;
    toSend = exchange.upload();
    window = room;
    received = 0;
    headed = false;
  }

  int id() {
    return id;
  }

  /** What is still to be sent of the request's body. */
  int toSend() {
    return toSend;
  }

  /** What of it may be sent now, as far as this stream goes. */
  int sendable() {
    return Math.min(toSend, window);
  }

  void sent(int bytes) {
    toSend -= bytes;
    window -= bytes;
  }

  void widen(int bytes) {
    window += bytes;
  }

  /** Takes the answer's head; status 200 or it is an error. */
  void head(Http2Headers head) {
    if (headed || !HttpResponseStatus.OK.codeAsText().contentEquals(head.status())) {
      throw new IllegalStateException("another answer than expected: " + head);
    }
    headed = true;
  }

  /** Takes a piece of the answer's body. */
  void body(ByteBuf piece) {
    int bytes = piece.readableBytes();
    ByteBuf body = exchange.body();
    boolean as =
        !body.isReadable()
            || (received + bytes <= exchange.length()
                && ByteBufUtil.equals(body, received, piece, piece.readerIndex(), bytes));
    received += bytes;
    if (!headed || received > exchange.length() || !as) {
      throw new IllegalStateException("the body is not the one expected");
    }
  }

  /** The answer has ended; it must be whole, and so must the request. */
  void end() {
    if (!headed || received != exchange.length() || toSend > 0) {
      throw new IllegalStateException("the answer ended early");
    }
  }
}
