// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Another node's answer on its way to the client. That node is held back while the client takes no
 * more. On the event loop of both.
 */
final class RelayedAnswer implements HttpResponseReceiver {

  private static final int CONTINUE = 100;

  private final RpcContext request;
  private @Nullable HttpClientCall call;
  private boolean begun;
  private @Nullable ResponseBody body;

  RelayedAnswer(RpcContext request) {
    this.request = request;
  }

  void comesFrom(HttpClientCall asked) {
    call = asked;
  }

  /** RFC 9110, section 15.2: goes on, but for 100, which this relay has asked for by itself. */
  @Override
  public void interim(HttpResponseHead head) {
    if (head.status() > CONTINUE) {
      OutgoingFields fields = new OutgoingFields();
      Fields.passOn(head.headers(), fields::add);
      fields.add("via", Fields.via(head.protocol()));
      boolean unused = request.interim(head.status(), fields);
    }
  }

  @Override
  public void head(HttpResponseHead head) {
    begun = true;
    RpcResponse response = RpcResponse.of(head.status());
    Fields.passOn(head.headers(), response::header);
    response.header("via", Fields.via(head.protocol()));
    // Also to HEAD, where no body follows and the length tells of the one that GET would have.
    head.headers()
        .first("content-length")
        .ifPresent(length -> response.header("content-length", length));
    if (head.contentLength() == 0) {
      boolean unused = request.respond(response);
      return;
    }
    ResponseBody to = request.respondStreaming(response);
    body = to;
    to.onWritable(Objects.requireNonNull(call)::resumeBody);
  }

  @Override
  public void part(ByteBuf data) {
    ResponseBody to = Objects.requireNonNull(body);
    boolean unused = to.write(data.retainedSlice());
    if (!to.isWritable()) {
      Objects.requireNonNull(call).pauseBody();
    }
  }

  @Override
  public void end(RpcHeaders trailers) {
    ResponseBody to = body;
    if (to == null) {
      return;
    }
    if (trailers.size() == 0) {
      to.finish();
    } else {
      RpcResponse fields = RpcResponse.of(200);
      Fields.passOn(trailers, fields::header);
      to.finish(fields);
    }
  }

  @Override
  public void failed(HttpClientException failure) {
    if (body != null) {
      body.abort();
    } else if (!begun) {
      boolean unused = request.respond(answerTo(failure));
    }
  }

  /** The client learns what kind of failure it was, and nothing of what lies behind the relay. */
  private static RpcResponse answerTo(HttpClientException failure) {
    return switch (failure.kind()) {
      case TIMEOUT -> Fields.problem(504, "timeout");
      case LIMIT -> Fields.problem(503, "limit").header("retry-after", "1");
      case NOT_CONNECTED ->
          Fields.problem(
              502,
              OutboundException.in(failure)
                  .map(cause -> cause.kind().name().toLowerCase(Locale.ROOT))
                  .orElse("not_connected"));
      default -> Fields.problem(502, failure.kind().name().toLowerCase(Locale.ROOT));
    };
  }
}
