// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The body of a streamed answer on its way out, framed so that its client finds its end (RFC 9112,
 * section 6). Written on the connection's loop.
 */
abstract class OutgoingBody {

  static final OutgoingBody CHUNKED = new Chunked();

  /** Only the connection's end says where the body ends: HTTP/1.0. */
  static final OutgoingBody UNTIL_CLOSE = new UntilClose();

  static OutgoingBody ofLength(long bytes) {
    return new OfLength(bytes);
  }

  /** Frames a part, which passes to the callee. False: it is more than was declared. */
  abstract boolean write(ByteBuf part, Http1Answer to);

  /** Ends the body. False: it is less than was declared. */
  abstract boolean end(@Nullable RpcResponse trailers, Http1Answer to);

  private static final class OfLength extends OutgoingBody {
    private long left;

    OfLength(long left) {
      this.left = left;
    }

    @Override
    boolean write(ByteBuf part, Http1Answer to) {
      int bytes = part.readableBytes();
      if (bytes > left) {
        part.release();
        return false;
      }
      left -= bytes;
      to.emit(part);
      return true;
    }

    @Override
    boolean end(@Nullable RpcResponse trailers, Http1Answer to) {
      return left == 0;
    }
  }

  private static final class Chunked extends OutgoingBody {

    @Override
    boolean write(ByteBuf part, Http1Answer to) {
      Chunks.write(to.connection().allocator(), part, to::emit);
      return true;
    }

    @Override
    boolean end(@Nullable RpcResponse trailers, Http1Answer to) {
      if (trailers == null || trailers.fieldCount() == 0) {
        to.emit(Chunks.last());
      } else {
        ByteBuf last = to.connection().allocator().buffer(AnswerHead.capacity(trailers));
        last.writeByte('0');
        trailers.forEachField((name, value) -> AnswerHead.field(last, name, value));
        AnswerHead.end(last);
        to.emit(last);
      }
      return true;
    }
  }

  private static final class UntilClose extends OutgoingBody {

    @Override
    boolean write(ByteBuf part, Http1Answer to) {
      to.emit(part);
      return true;
    }

    @Override
    boolean end(@Nullable RpcResponse trailers, Http1Answer to) {
      return true;
    }
  }
}
