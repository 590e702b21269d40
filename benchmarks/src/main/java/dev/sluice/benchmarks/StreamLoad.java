// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseCombiner;
import java.util.ArrayList;
import java.util.List;

/**
 * Each connection keeps sending chunks as long as no more than a window of bytes is on its way.
 * Shows what a byte costs. An operation is a chunk's worth of bytes that came back; every byte sent
 * must come back and none more.
 */
final class StreamLoad extends Load {

  private final Connector connector;
  private final int port;
  private final int connections;
  private final int window;
  private final ByteBuf chunk;
  private final List<Stream> streams = new ArrayList<>();

  StreamLoad(Connector connector, int port, int connections, int size, int window) {
    super(connector.loop());
    if (window < size) {
      throw new IllegalArgumentException("the window must hold at least one chunk");
    }
    this.connector = connector;
    this.port = port;
    this.connections = connections;
    this.window = window;
    this.chunk = pattern(size);
  }

  @Override
  Future<?> open() {
    Promise<Void> opened = loop().newPromise();
    PromiseCombiner all = new PromiseCombiner(loop());
    for (int i = 0; i < connections; i++) {
      Stream stream = new Stream();
      streams.add(stream);
      all.add((Future<?>) connector.connect(port, stream));
    }
    all.finish(opened);
    return opened;
  }

  @Override
  protected void begin() {
    for (Stream stream : streams) {
      connectionBusy();
      stream.start();
    }
  }

  private final class Stream extends LoadHandler {

    private int onTheWay;
    private int sinceLastChunk;

    Stream() {
      super(StreamLoad.this);
    }

    void start() {
      ChannelHandlerContext ctx = context();
      fillWindow(ctx);
      ctx.flush();
    }

    @Override
    protected void received(ChannelHandlerContext ctx, ByteBuf data) {
      int length = data.readableBytes();
      onTheWay -= length;
      if (onTheWay < 0) {
        throw new IllegalStateException("more came back than was sent");
      }
      countChunks(length);
      if (running()) {
        fillWindow(ctx);
      } else if (onTheWay == 0) {
        connectionDry();
      }
    }

    private void fillWindow(ChannelHandlerContext ctx) {
      while (onTheWay + chunk.readableBytes() <= window) {
        onTheWay += chunk.readableBytes();
        ctx.write(chunk.duplicate(), ctx.voidPromise());
      }
    }

    private void countChunks(int length) {
      sinceLastChunk += length;
      count(sinceLastChunk / chunk.readableBytes(), length);
      sinceLastChunk %= chunk.readableBytes();
    }
  }
}
