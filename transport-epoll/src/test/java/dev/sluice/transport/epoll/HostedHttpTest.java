// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.netty.PipelineProtocol;
import dev.sluice.session.netty.SessionChannel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Netty's HTTP pipelines, the most demanding there are, hosted and tried with Java's client. */
class HostedHttpTest {

  private static final int LARGEST = 8 << 20;

  /** Sends every body back. */
  private static final class Echo extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
      ByteBuf body = request.content().retain();
      FullHttpResponse response =
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
      HttpUtil.setContentLength(response, body.readableBytes());
      ctx.writeAndFlush(response);
    }
  }

  private static final class Http1 extends PipelineProtocol {
    @Override
    public String name() {
      return "HTTP1";
    }

    @Override
    protected void initChannel(SessionChannel channel) {
      channel
          .pipeline()
          .addLast(new HttpServerCodec(), new HttpObjectAggregator(LARGEST), new Echo());
    }
  }

  private static final class Http2 extends PipelineProtocol {
    @Override
    public String name() {
      return "HTTP2";
    }

    @Override
    public List<String> alpnProtocols() {
      return List.of("h2");
    }

    @Override
    protected void initChannel(SessionChannel channel) {
      channel
          .pipeline()
          .addLast(
              Http2FrameCodecBuilder.forServer().build(),
              new Http2MultiplexHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel stream) {
                      stream
                          .pipeline()
                          .addLast(
                              new Http2StreamFrameToHttpObjectCodec(true),
                              new HttpObjectAggregator(LARGEST),
                              new Echo());
                    }
                  }));
    }
  }

  @Test
  void http1OverTls() throws Exception {
    echoes(new Http1(), Version.HTTP_1_1);
  }

  @Test
  void http2OverTlsOnOneConnection() throws Exception {
    assertThat(echoes(new Http2(), Version.HTTP_2).accepted()).isOne();
  }

  /** 50 requests at once, from nothing to 4 MiB, so that flow control has to work both ways. */
  private static EndpointMetrics.Snapshot echoes(PipelineProtocol protocol, Version version)
      throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls().listen();
      URI uri = URI.create("https://127.0.0.1:" + server.address().getPort() + "/");
      HttpClient client =
          HttpClient.newBuilder()
              .version(version)
              .sslContext(TestCertificates.clientContext(null))
              .build();
      // The first alone, so that the others find its connection.
      List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
      List<byte[]> bodies = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        byte[] body = WireClient.noise(i, i == 49 ? 4 << 20 : i * 2_000);
        HttpRequest request =
            HttpRequest.newBuilder(uri).POST(BodyPublishers.ofByteArray(body)).build();
        bodies.add(body);
        answers.add(client.sendAsync(request, BodyHandlers.ofByteArray()));
        if (i == 0) {
          answers.get(0).get(TestNode.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
      }
      for (int i = 0; i < answers.size(); i++) {
        HttpResponse<byte[]> answer =
            answers.get(i).get(TestNode.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(answer.version()).isEqualTo(version);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(bodies.get(i));
      }
      return server.endpoint().metrics().snapshot();
    }
  }
}
