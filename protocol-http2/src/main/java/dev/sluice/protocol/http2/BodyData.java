// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import org.jspecify.annotations.Nullable;

/**
 * A part of a body that waits for the peer's window. It is written as DATA frames (RFC 9113,
 * section 6.1) straight from here: the codec's own way costs a promise and two writes for each.
 */
final class BodyData implements Http2RemoteFlowController.FlowControlled {

  private final OutgoingBody<?> body;
  private final ByteBuf data;
  private boolean last;
  private boolean gone;

  /** Takes the buffer over. */
  BodyData(OutgoingBody<?> body, ByteBuf data, boolean last) {
    this.body = body;
    this.data = data;
    this.last = last;
  }

  /** The body ends with it. False: it is on its way already. */
  boolean end() {
    if (gone) {
      return false;
    }
    last = true;
    return true;
  }

  @Override
  public int size() {
    return gone ? 0 : data.readableBytes();
  }

  @Override
  public void write(ChannelHandlerContext ctx, int allowedBytes) {
    int left = Math.min(allowedBytes, data.readableBytes());
    int largest = body.largestFrame();
    body.sent(left);
    do {
      int length = Math.min(left, largest);
      left -= length;
      body.write(data, length, last && length == data.readableBytes());
    } while (left > 0);
  }

  @Override
  public void writeComplete() {
    gone = true;
    data.release();
    if (last) {
      body.sentWhole();
    }
  }

  @Override
  public void error(ChannelHandlerContext ctx, @Nullable Throwable cause) {
    body.dropped(size());
    gone = true;
    data.release();
  }

  @Override
  public boolean merge(ChannelHandlerContext ctx, Http2RemoteFlowController.FlowControlled next) {
    return false;
  }
}
