// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.FieldBlock;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestFields;
import dev.sluice.protocol.http.client.HttpClientRequest;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The body of one response as it comes off the connection (RFC 9112, section 6.3). */
final class ResponseBodyReader {

  private final @Nullable ChunkedBody chunks;
  private final boolean untilClose;
  private final long length;
  private long left;

  private ResponseBodyReader(@Nullable ChunkedBody chunks, boolean untilClose, long length) {
    this.chunks = chunks;
    this.untilClose = untilClose;
    this.length = length;
    this.left = length;
  }

  /**
   * Finds out where a body ends.
   *
   * @param trailers makes what reads those of a body in chunks
   */
  static ResponseBodyReader of(
      ResponseHeadParser.Head head, String method, Supplier<FieldLines> trailers)
      throws HttpRefusal {
    FieldBlock fields = head.fields();
    boolean coded = fields.contains("transfer-encoding");
    long declared = declared(fields);
    // Section 6.1: both at once, and codings from HTTP/1.0, are how responses are split.
    if (coded && (declared >= 0 || head.http10())) {
      throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
    }
    if (method.equals("HEAD") || head.status() == 204 || head.status() == 304) {
      return new ResponseBodyReader(null, false, 0);
    }
    if (coded) {
      MessageRules.checkCodings(fields.all("transfer-encoding"));
      return new ResponseBodyReader(
          new ChunkedBody(Long.MAX_VALUE, trailers.get()), false, HttpClientRequest.UNKNOWN_LENGTH);
    }
    return new ResponseBodyReader(null, declared < 0, declared);
  }

  /** Section 6.3: the same number several times is one; -1: none was declared. */
  private static long declared(FieldBlock fields) throws HttpRefusal {
    List<String> values = fields.all("content-length");
    long length = -1;
    for (String value : values) {
      long one = RequestFields.contentLength(value);
      if (length >= 0 && one != length) {
        throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
      }
      length = one;
    }
    return length;
  }

  /** How long it is, or {@link HttpClientRequest#UNKNOWN_LENGTH}. */
  long length() {
    return length;
  }

  /** The next bytes of the body, a slice; null: more is needed, or it is {@link #complete}. */
  @Nullable ByteBuf next(ByteBuf in) throws HttpRefusal {
    if (chunks != null) {
      return chunks.next(in);
    }
    int bytes = untilClose ? in.readableBytes() : (int) Math.min(left, in.readableBytes());
    if (bytes == 0) {
      return null;
    }
    if (!untilClose) {
      left -= bytes;
    }
    return in.readSlice(bytes);
  }

  boolean complete() {
    return chunks == null ? !untilClose && left == 0 : chunks.complete();
  }

  /** Whether the end of the connection is the body's. */
  boolean untilClose() {
    return untilClose;
  }

  /** Once it is complete. */
  RpcHeaders trailers() throws HttpRefusal {
    return chunks == null ? RpcHeaders.EMPTY : chunks.takeTrailers();
  }
}
