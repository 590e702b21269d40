// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpRequestBody;
import io.netty.buffer.ByteBuf;

/**
 * A request on its way to another node. Its client is held back while that node takes no more. On
 * the event loop of both.
 */
final class RelayedRequest implements BodyReceiver {

  private final RpcContext request;
  private final HttpRequestBody body;
  private boolean asked;

  private RelayedRequest(RpcContext request, HttpRequestBody body) {
    this.request = request;
    this.body = body;
  }

  /** Passes a request on, and its answer back. */
  static void send(RpcContext request, String target, HttpClient client, OutboundTarget to) {
    HttpClientRequest further = HttpClientRequest.of(request.method(), target);
    Fields.passOn(request, further::header);
    boolean hasBody = request.contentLength().orElse(1) > 0;
    if (hasBody) {
      further.streamed(request.contentLength().orElse(HttpClientRequest.UNKNOWN_LENGTH));
      if (request.headers().first("expect").isPresent()) {
        further.expectContinue();
      }
    }
    RelayedAnswer answer = new RelayedAnswer(request);
    HttpClientCall call = client.send(to, further, answer);
    answer.comesFrom(call);
    request.onCancel(reason -> call.cancel());
    if (hasBody) {
      RelayedRequest relayed = new RelayedRequest(request, call.body());
      call.body().onWritable(relayed::takeMore);
    }
  }

  /** The body is asked for once it can go on: a client that waits for the word sends it then. */
  private void takeMore() {
    if (asked) {
      request.resumeBody();
    } else {
      asked = true;
      request.receive(this);
    }
  }

  @Override
  public void part(ByteBuf data) {
    boolean unused = body.write(data.retainedSlice());
    if (!body.isWritable()) {
      request.pauseBody();
    }
  }

  @Override
  public void end() {
    RpcHeaders trailers = request.trailers();
    if (trailers.size() == 0) {
      body.finish();
    } else {
      OutgoingFields fields = new OutgoingFields();
      Fields.passOn(trailers, fields::add);
      body.finish(fields);
    }
  }
}
