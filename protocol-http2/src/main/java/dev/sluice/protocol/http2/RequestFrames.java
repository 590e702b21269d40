// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;

/** Makes requests of the frames that the codec has found in order. */
final class RequestFrames extends MessageFrames {

  private final Http2Server server;
  private final HttpConfiguration limits;
  private final boolean secure;
  private final ReceivingWindows windows;

  RequestFrames(Http2Server server, HttpConfiguration limits, int firstWindow, RoomWatch room) {
    this.server = server;
    this.limits = limits;
    this.secure = server.context().secure();
    this.windows = new ReceivingWindows(server, limits, firstWindow, room);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean ended)
      throws Http2Exception {
    Http2Stream stream = server.connection().stream(streamId);
    Http2Exchange exchange = server.messages().of(stream);
    if (exchange != null) {
      trailers(exchange, streamId, headers);
      return;
    }
    try {
      RequestHead head = RequestRules.judge(streamId, headers, ended, secure, limits);
      server.begin(stream, head, ended);
    } catch (HttpRefusal refusal) {
      server.refuse(stream, headers.method(), refusal.problem(), ended);
    }
  }

  private void trailers(Http2Exchange exchange, int streamId, Http2Headers headers)
      throws Http2Exception {
    try {
      RequestRules.judgeTrailers(streamId, headers, limits);
      exchange.trailers(headers.isEmpty() ? RpcHeaders.EMPTY : new FieldsView(headers));
    } catch (HttpRefusal refusal) {
      server.workedInVain();
      exchange.hasNoBody();
      exchange.refuseFor(refusal.problem());
    }
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean ended)
      throws Http2Exception {
    int bytes = data.readableBytes() + padding;
    Http2Stream stream = server.connection().stream(streamId);
    Http2Exchange exchange = stream == null ? null : server.messages().of(stream);
    if (exchange == null) {
      return bytes;
    }
    if (!ended) {
      // Of an unwanted body too: Java 17 waits for the window behind the answer, whatever it says.
      exchange.window(windows).moreToCome();
    }
    return exchange.arrived(data, bytes, ended);
  }

  @Override
  public void onSettingsAckRead(ChannelHandlerContext ctx) throws Http2Exception {
    windows.settingsRead();
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext ctx, long data) {
    server.pingAnswered(data);
  }
}
