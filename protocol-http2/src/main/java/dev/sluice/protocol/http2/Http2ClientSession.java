// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.TlsInfo;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import dev.sluice.session.netty.PipelineSession;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A client's connection as the node sees it, a hosted pipeline, and as its callers do. */
final class Http2ClientSession implements HttpClientSession {

  private final SessionContext context;
  private final PipelineSession pipeline;
  private final Http2Client client;

  private Http2ClientSession(SessionContext context, PipelineSession pipeline, Http2Client client) {
    this.context = context;
    this.pipeline = pipeline;
    this.client = client;
  }

  /**
   * Begins the connection: the preface goes out at once.
   *
   * @throws IllegalStateException under TLS if the server has not chosen HTTP/2, which has to be
   *     (RFC 9113, section 3.2)
   */
  static Http2ClientSession start(ConnId id, SessionWriter writer) {
    SessionContext context = writer.context(id);
    TlsInfo tls = context.tls().orElse(null);
    if (tls != null && !tls.applicationProtocol().filter("h2"::equals).isPresent()) {
      throw new IllegalStateException("the server does not speak HTTP/2: no h2 by ALPN");
    }
    @Nullable Http2Client[] made = new Http2Client[1];
    PipelineSession pipeline =
        PipelineSession.startWithoutReplies(
            id, writer, channel -> made[0] = Http2Client.of(channel));
    return new Http2ClientSession(context, pipeline, Objects.requireNonNull(made[0]));
  }

  @Override
  public HttpClientCall send(HttpClientRequest request, HttpResponseReceiver receiver) {
    Http2Call call = new Http2Call(client, request, receiver);
    call.inItsOrder(() -> client.begin(call));
    return call;
  }

  @Override
  public int maxRequests() {
    return client.room().most();
  }

  @Override
  public boolean isOpen() {
    return !client.room().isClosed();
  }

  @Override
  public void onChange(Runnable action) {
    client.room().onChange(action);
  }

  @Override
  public void shutdown() {
    boolean unused = context.execute(client::shutdown);
  }

  // ---- the node's side

  @Override
  public void handleIncomingData(ByteBuf data) {
    pipeline.handleIncomingData(data);
  }

  @Override
  public void incomingComplete() {
    pipeline.incomingComplete();
  }

  @Override
  public boolean sendData(ByteBuf data) {
    return pipeline.sendData(data);
  }

  @Override
  public void closeSession() {
    pipeline.closeSession();
  }

  @Override
  public void drainRequested(Duration deadline) {
    pipeline.drainRequested(deadline);
  }

  @Override
  public void inputClosed() {
    pipeline.inputClosed();
  }

  @Override
  public void writabilityChanged(boolean writable) {
    pipeline.writabilityChanged(writable);
  }

  @Override
  public void connectionClosed(CloseReason reason) {
    pipeline.connectionClosed(reason);
  }
}
