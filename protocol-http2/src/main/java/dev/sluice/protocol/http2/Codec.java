// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.client.HttpClientSettings;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;

/**
 * Netty's codec, put together: which of its limits hold, and which are {@link Floods}' instead, by
 * whom they are counted by kind.
 *
 * @param decoder what arrives
 * @param encoder what is sent
 * @param output the last handler of what is sent
 * @param closedStreams and what may still come for them
 * @param floods what is counted of the frames
 * @param scanner follows the frames for it
 * @param settings that the peer is told
 */
record Codec(
    Http2ConnectionDecoder decoder,
    Http2ConnectionEncoder encoder,
    FrameOutput output,
    ClosedStreams closedStreams,
    Floods floods,
    FrameScanner scanner,
    Http2Settings settings) {

  private static final int NO_PUSHED_STREAMS = 0;

  private static final int MOST_REMEMBERED = 1 << 16;

  static Codec ofServer(HttpConfiguration limits, int firstWindow) {
    Http2Connection connection = new DefaultHttp2Connection(true, NO_PUSHED_STREAMS);
    // From the first byte on: clients may send before they have read the settings.
    connection.remote().maxActiveStreams(limits.maxConcurrentStreamsCount());
    Floods floods = Floods.ofClient(limits);
    return of(
        connection,
        new ClosedStreams(connection, mostResetUnseen(limits)),
        floods,
        FrameScanner.ofClient(floods),
        limits.maxControlFrames(),
        limits.maxHeaderSize().bytes(),
        new Http2Settings()
            .maxConcurrentStreams(limits.maxConcurrentStreamsCount())
            .initialWindowSize(firstWindow)
            .maxFrameSize(limits.maxFrameSize().toIntSaturated())
            .maxHeaderListSize(limits.maxHeaderSize().bytes()));
  }

  /**
   * How many streams may have been reset at once that a client has not heard of. It begins another
   * in the place of one that was reset no sooner than it has read of it, and what it sent before
   * has come then. What it provokes beyond, or begins too much, ends the connection at its limit.
   */
  private static int mostResetUnseen(HttpConfiguration limits) {
    long most = (long) limits.maxConcurrentStreamsCount() + limits.maxStreamResets();
    return (int) Math.min(most, MOST_REMEMBERED);
  }

  static Codec ofClient(HttpClientSettings limits) {
    Http2Connection connection = new DefaultHttp2Connection(false, NO_PUSHED_STREAMS);
    Floods floods = Floods.ofServer(limits.maxHeaderSize().bytes(), limits.maxControlFrames());
    return of(
        connection,
        ClosedStreams.ofClient(connection),
        floods,
        FrameScanner.ofServer(floods),
        limits.maxControlFrames(),
        limits.maxHeaderSize().bytes(),
        new Http2Settings()
            .pushEnabled(false)
            .initialWindowSize(limits.initialWindowSize().toIntSaturated())
            .maxHeaderListSize(limits.maxHeaderSize().bytes()));
  }

  private static Codec of(
      Http2Connection connection,
      ClosedStreams closedStreams,
      Floods floods,
      FrameScanner scanner,
      int maxControlFrames,
      long maxHeaderSize,
      Http2Settings settings) {
    // Each stream gets as much as another. Priorities of RFC 7540 are deprecated (RFC 9113, section
    // 5.3.2), and the tree that keeps them is a client's to grow.
    connection
        .remote()
        .flowController(
            new SendingWindows(connection, new UniformStreamByteDistributor(connection)));
    // What one stream's reader leaves unread must not stop the others: each has its own window,
    // and the connection's is opened again at once.
    connection
        .local()
        .flowController(
            new DefaultHttp2LocalFlowController(
                connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, true));
    Http2HeadersEncoder fields = new DefaultHttp2HeadersEncoder();
    Http2ConnectionEncoder encoder =
        new ControlFrameLimit(
            new DefaultHttp2ConnectionEncoder(connection, new DefaultHttp2FrameWriter(fields)),
            maxControlFrames);
    DefaultHttp2FrameReader frames =
        new DefaultHttp2FrameReader(
            new HeaderBlockDecoder(maxHeaderSize), Floods.MAX_CONTINUATIONS + 1);
    Http2ConnectionDecoder decoder =
        new DefaultHttp2ConnectionDecoder(
            connection, encoder, new OrderedFrameReader(frames, closedStreams, floods, connection));
    return new Codec(
        decoder, encoder, new FrameOutput(fields), closedStreams, floods, scanner, settings);
  }
}
