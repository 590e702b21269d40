// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** The body of one request as it comes off the connection: by its length, or in chunks. */
final class IncomingBody {

  private static final IncomingBody NONE = new IncomingBody(null, 0);

  private final @Nullable ChunkedBody chunks;
  private long left;
  private boolean begun;

  private IncomingBody(@Nullable ChunkedBody chunks, long left) {
    this.chunks = chunks;
    this.left = left;
  }

  static IncomingBody of(RequestHead request, HttpConfiguration limits) {
    if (!request.hasBody()) {
      return NONE;
    }
    return request.contentLength() == RequestHead.UNKNOWN_LENGTH
        ? new IncomingBody(new ChunkedBody(limits), Long.MAX_VALUE)
        : new IncomingBody(null, request.contentLength());
  }

  /** How much is still to come; a chunked body may never end. */
  long left() {
    return left;
  }

  /** Whether the client has begun to send it, and so does not wait for a word. */
  boolean begun() {
    return begun;
  }

  void begins() {
    begun = true;
  }

  /** Passes on what there is. False: there is not enough for anything. */
  boolean read(ByteBuf in, RequestReader reader, Http1Exchange to) throws HttpRefusal {
    begun = true;
    ChunkedBody coded = chunks;
    if (coded == null) {
      ByteBuf part = in.readSlice((int) Math.min(left, in.readableBytes()));
      left -= part.readableBytes();
      reader.bodyArrived(to, part, left == 0);
      return true;
    }
    ByteBuf part = coded.next(in);
    if (part != null) {
      reader.bodyArrived(to, part, false);
      return true;
    }
    if (coded.complete()) {
      left = 0;
      to.trailers(coded.takeTrailers());
      reader.bodyArrived(to, Unpooled.EMPTY_BUFFER, true);
      return true;
    }
    return false;
  }
}
