// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * Shows the frames to {@link ClosedStreams} before the codec decides on them, and drops those for
 * streams that the node has reset, which the codec would answer with another reset each. Tells
 * {@link Floods} what it could not see before.
 */
final class OrderedFrameReader implements Http2FrameReader {

  private final Http2FrameReader frames;
  private final ClosedStreams closedStreams;
  private final Floods floods;
  private final Http2Connection connection;
  private @Nullable Ordered ordered;

  OrderedFrameReader(
      Http2FrameReader frames,
      ClosedStreams closedStreams,
      Floods floods,
      Http2Connection connection) {
    this.frames = frames;
    this.closedStreams = closedStreams;
    this.floods = floods;
    this.connection = connection;
  }

  @Override
  public void readFrame(ChannelHandlerContext ctx, ByteBuf input, Http2FrameListener listener)
      throws Http2Exception {
    Ordered to = ordered;
    if (to == null || to.before != listener) {
      to = new Ordered(listener, closedStreams, floods, connection);
      ordered = to;
    }
    frames.readFrame(ctx, input, to);
  }

  @Override
  public Configuration configuration() {
    return frames.configuration();
  }

  @Override
  public void close() {
    frames.close();
  }

  private static final class Ordered extends Http2FrameListenerDecorator {

    private final Http2FrameListener before;
    private final ClosedStreams closedStreams;
    private final Floods floods;
    private final Http2Connection connection;

    Ordered(
        Http2FrameListener listener,
        ClosedStreams closedStreams,
        Floods floods,
        Http2Connection connection) {
      super(listener);
      this.before = listener;
      this.closedStreams = closedStreams;
      this.floods = floods;
      this.connection = connection;
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean ended)
        throws Http2Exception {
      if (padding > 0) {
        floods.paddedData(data.isReadable() || ended);
      }
      Http2Stream stream = connection.stream(streamId);
      if (stream == null && (closedStreams.wasReset(streamId) || behindTheLast(streamId))) {
        // The connection's window knows of it all the same (RFC 9113, section 5.1).
        connection.local().flowController().receiveFlowControlledFrame(null, data, padding, ended);
        return data.readableBytes() + padding;
      }
      return super.onDataRead(ctx, streamId, data, padding, ended);
    }

    /**
     * Nobody takes one (RFC 9113, section 8.4). To the codec a peer may promise until it has
     * acknowledged the settings that say so, which it may never do.
     */
    @Override
    public void onPushPromiseRead(
        ChannelHandlerContext ctx, int streamId, int promised, Http2Headers headers, int padding)
        throws Http2Exception {
      throw Http2Exception.connectionError(
          Http2Error.PROTOCOL_ERROR, "Stream %d was promised", promised);
    }

    /** Of a request that a GOAWAY has crossed; the codec would drop it as well, with a log line. */
    private boolean behindTheLast(int streamId) {
      return connection.goAwaySent()
          && connection.remote().isValidStreamId(streamId)
          && streamId > connection.remote().lastStreamKnownByPeer();
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean ended)
        throws Http2Exception {
      if (closedStreams.headers(streamId)) {
        super.onHeadersRead(ctx, streamId, headers, padding, ended);
      }
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int streamId,
        Http2Headers headers,
        int streamDependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean ended)
        throws Http2Exception {
      if (closedStreams.headers(streamId)) {
        super.onHeadersRead(
            ctx, streamId, headers, streamDependency, weight, exclusive, padding, ended);
      }
    }
  }
}
