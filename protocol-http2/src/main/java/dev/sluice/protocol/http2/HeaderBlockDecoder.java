// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * Reads blocks of header fields, but for those that move the size of their table about, which costs
 * a new table each time.
 */
final class HeaderBlockDecoder extends DefaultHttp2HeadersDecoder {

  /** The smallest since the last block, and the one that holds now (RFC 7541, section 4.2). */
  private static final int MAX_SIZE_UPDATES = 2;

  // RFC 7541, section 6.3: 001, and a number that may go on behind five bits.
  private static final int PATTERN = 0xe0;
  private static final int SIZE_UPDATE = 0x20;
  private static final int GOES_ON = 0x1f;

  HeaderBlockDecoder(long maxHeaderListSize) {
    super(true, maxHeaderListSize);
  }

  @Override
  public Http2Headers decodeHeaders(int streamId, ByteBuf block) throws Http2Exception {
    int at = block.readerIndex();
    int end = block.writerIndex();
    int updates = 0;
    while (at < end && (block.getByte(at) & PATTERN) == SIZE_UPDATE) {
      if (++updates > MAX_SIZE_UPDATES) {
        throw new Floods.Violation("table_size_flood");
      }
      boolean more = (block.getByte(at++) & GOES_ON) == GOES_ON;
      while (more && at < end) {
        more = block.getByte(at++) < 0;
      }
    }
    return super.decodeHeaders(streamId, block);
  }
}
