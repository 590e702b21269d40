// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/** Makes responses of the frames that the codec has found in order. */
final class ResponseFrames extends MessageFrames {

  private final Http2Client client;

  ResponseFrames(Http2Client client) {
    this.client = client;
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean ended)
      throws Http2Exception {
    Http2Call call = client.messages().of(streamId);
    if (call == null) {
      return;
    }
    client.checkCount(streamId, headers);
    if (call.headRead()) {
      ResponseRules.judgeTrailers(streamId, headers);
      call.trailers(headers.isEmpty() ? RpcHeaders.EMPTY : new FieldsView(headers));
      return;
    }
    HttpResponseHead head = ResponseRules.judge(streamId, headers, call.request().method(), ended);
    if (head.status() < 200) {
      call.interim(head);
      return;
    }
    call.head(head);
    if (ended) {
      call.end(RpcHeaders.EMPTY);
    }
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean ended)
      throws Http2Exception {
    Http2Call call = client.messages().of(streamId);
    return call == null
        ? data.readableBytes() + padding
        : call.dataRead(data, data.readableBytes() + padding, ended);
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
    Http2Call call = client.messages().of(streamId);
    if (call != null) {
      call.resetByPeer(errorCode);
    }
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
    client.settingsRead();
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext ctx, long data) {
    client.pingAnswered(data);
  }

  @Override
  public void onGoAwayRead(
      ChannelHandlerContext ctx, int lastStreamId, long errorCode, ByteBuf debugData) {
    client.goAwayRead(lastStreamId, errorCode);
  }
}
