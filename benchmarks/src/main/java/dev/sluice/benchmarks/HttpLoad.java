// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseCombiner;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The same request over and over, the next on a connection only when the answer is whole. */
final class HttpLoad extends Load {

  private final Connector connector;
  private final int port;
  private final int connections;
  private final ByteBuf request;
  private final ByteBuf expected;
  private final int length;
  private final List<Client> clients = new ArrayList<>();

  /** Answers have that body where it is given, and that length in any case. */
  HttpLoad(
      Connector connector, int port, int connections, ByteBuf request, String body, int length) {
    super(connector.loop());
    this.connector = connector;
    this.port = port;
    this.connections = connections;
    this.request = request;
    this.expected =
        Unpooled.unreleasableBuffer(Unpooled.copiedBuffer(body, StandardCharsets.US_ASCII));
    this.length = length;
  }

  static ByteBuf get(String path) {
    return bytes("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 0);
  }

  static ByteBuf post(String path, int length) {
    String head =
        "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + "\r\n\r\n";
    return bytes(head, length);
  }

  private static ByteBuf bytes(String head, int zeros) {
    ByteBuf bytes = Unpooled.directBuffer(head.length() + zeros);
    ByteBufUtil.writeAscii(bytes, head);
    return Unpooled.unreleasableBuffer(bytes.writeZero(zeros));
  }

  @Override
  Future<?> open() {
    Promise<Void> opened = loop().newPromise();
    PromiseCombiner all = new PromiseCombiner(loop());
    for (int i = 0; i < connections; i++) {
      Client client = new Client();
      clients.add(client);
      all.add((Future<?>) connector.connect(port, client));
    }
    all.finish(opened);
    return opened;
  }

  @Override
  protected void begin() {
    for (Client client : clients) {
      connectionBusy();
      client.start();
    }
  }

  private final class Client extends LoadHandler {

    private final HttpAnswerCheck check = new HttpAnswerCheck(expected, length);

    Client() {
      super(HttpLoad.this);
    }

    void start() {
      ChannelHandlerContext ctx = context();
      ctx.writeAndFlush(request.duplicate(), ctx.voidPromise());
    }

    @Override
    protected void received(ChannelHandlerContext ctx, ByteBuf data) {
      if (!check.completedBy(data)) {
        return;
      }
      count(1, Math.max(length, request.readableBytes()));
      if (running()) {
        ctx.write(request.duplicate(), ctx.voidPromise());
      } else {
        connectionDry();
      }
    }
  }
}
