// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.RpcHeaders;
import io.netty.buffer.ByteBuf;
import java.net.URI;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Gathers a response for a caller who wants it in one piece. */
final class GatheredResponse implements HttpResponseReceiver {

  private static final byte[] NOTHING = new byte[0];

  /** A declared length alone must not cost memory. */
  private static final int FIRST_CAPACITY = 64 << 10;

  private final CompletableFuture<HttpClientResponse> stage = new CompletableFuture<>();
  private @Nullable HttpResponseHead head;
  private byte[] body = NOTHING;
  private int length;
  private @Nullable URI redirectedTo;

  private GatheredResponse() {}

  static CompletableFuture<HttpClientResponse> of(
      HttpClientRequest request, Function<HttpResponseReceiver, HttpClientCall> sender) {
    if (request.isStreamed()) {
      throw new IllegalArgumentException("the body of " + request + " is streamed");
    }
    if (request.maxResponseSize().isEmpty()) {
      request.maxResponseSize(HttpClientRequest.MAX_WHOLE_RESPONSE);
    }
    GatheredResponse gathered = new GatheredResponse();
    HttpClientCall call = sender.apply(gathered);
    gathered.stage.whenComplete(
        (response, failure) -> {
          if (gathered.stage.isCancelled()) {
            call.cancel();
          }
        });
    return gathered.stage;
  }

  @Override
  public void redirected(HttpResponseHead from, URI to) {
    redirectedTo = to;
  }

  @Override
  public void head(HttpResponseHead arrived) {
    head = arrived;
    if (arrived.contentLength() > 0) {
      body = new byte[(int) Math.min(arrived.contentLength(), FIRST_CAPACITY)];
    }
  }

  @Override
  public void part(ByteBuf data) {
    int more = data.readableBytes();
    if (length + more > body.length) {
      int wanted = Math.max(length + more, Math.min(2 * length, Integer.MAX_VALUE - 8));
      body = Arrays.copyOf(body, wanted);
    }
    data.readBytes(body, length, more);
    length += more;
  }

  @Override
  public void end(RpcHeaders trailers) {
    byte[] whole = length == body.length ? body : Arrays.copyOf(body, length);
    stage.complete(
        new HttpClientResponse(Objects.requireNonNull(head), whole, trailers, redirectedTo));
  }

  @Override
  public void failed(HttpClientException failure) {
    stage.completeExceptionally(failure);
  }
}
