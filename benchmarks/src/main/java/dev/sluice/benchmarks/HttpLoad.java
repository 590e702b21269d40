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

  /** With all that a browser sends beside it. */
  static ByteBuf asBrowser(String path) {
    String head =
        """
        GET %s HTTP/1.1
        Host: localhost
        Connection: keep-alive
        sec-ch-ua: "Chromium";v="128", "Not;A=Brand";v="24", "Google Chrome";v="128"
        sec-ch-ua-mobile: ?0
        sec-ch-ua-platform: "Linux"
        Upgrade-Insecure-Requests: 1
        User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36
        Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
        Sec-Fetch-Site: none
        Sec-Fetch-Mode: navigate
        Sec-Fetch-User: ?1
        Sec-Fetch-Dest: document
        Accept-Encoding: gzip, deflate, br, zstd
        Accept-Language: en-GB,en;q=0.9,de;q=0.8
        Cookie: session=6f1c2d0e9b8a47c5a3f0

        """
            .formatted(path)
            .replace("\n", "\r\n");
    return bytes(head, 0);
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
