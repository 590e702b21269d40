// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2LifecycleManager;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what answers a client's control frames and waits for it to read: acknowledgements and
 * resets (CVE-2019-9512, CVE-2019-9514, CVE-2019-9515).
 */
final class ControlFrameLimit extends DecoratingHttp2ConnectionEncoder {

  private final int most;
  private final ChannelFutureListener written = future -> left();
  private @Nullable Http2LifecycleManager connection;
  private int waiting;
  private boolean reached;

  ControlFrameLimit(Http2ConnectionEncoder encoder, int most) {
    super(encoder);
    this.most = most;
  }

  private void left() {
    waiting--;
  }

  @Override
  public void lifecycleManager(Http2LifecycleManager manager) {
    connection = manager;
    super.lifecycleManager(manager);
  }

  @Override
  public ChannelFuture writeSettingsAck(ChannelHandlerContext ctx, ChannelPromise promise) {
    return enter(ctx) ? super.writeSettingsAck(ctx, counted(promise)) : promise;
  }

  @Override
  public ChannelFuture writePing(
      ChannelHandlerContext ctx, boolean ack, long data, ChannelPromise promise) {
    if (!ack) {
      return super.writePing(ctx, false, data, promise);
    }
    return enter(ctx) ? super.writePing(ctx, true, data, counted(promise)) : promise;
  }

  @Override
  public ChannelFuture writeRstStream(
      ChannelHandlerContext ctx, int streamId, long errorCode, ChannelPromise promise) {
    return enter(ctx) ? super.writeRstStream(ctx, streamId, errorCode, counted(promise)) : promise;
  }

  private ChannelPromise counted(ChannelPromise promise) {
    return promise.unvoid().addListener(written);
  }

  private boolean enter(ChannelHandlerContext ctx) {
    if (waiting < most) {
      waiting++;
      return true;
    }
    Http2LifecycleManager manager = connection;
    if (!reached && manager != null) {
      reached = true;
      manager.onError(ctx, true, new Floods.Violation("control_queue_full"));
    }
    return false;
  }
}
