// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientExchange;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A request on an HTTP/1.1 connection, and the part of its response that waits for the caller. */
final class Http1Call extends HttpClientExchange {

  /** Of a whole body, given to the connection at once. */
  private static final int A_PART = 128 << 10;

  private final Http1Client client;
  private final SessionContext context;

  /** What is left of a whole body, which goes out as the server takes it. */
  private @Nullable ByteBuf rest;

  private boolean sendingRest;

  /** A byte of its answer has come. */
  private boolean answerBegun;

  Http1Call(
      Http1Client client,
      SessionContext context,
      HttpClientRequest request,
      HttpResponseReceiver receiver) {
    super(context, request, receiver);
    this.client = client;
    this.context = context;
  }

  // ---- for the connection

  void start() {
    begin();
  }

  void interim(HttpResponseHead head) {
    interimArrived(head);
  }

  void head(HttpResponseHead head) {
    headArrived(head);
  }

  void part(ByteBuf part) {
    boolean unused = partRead(part);
  }

  /** Its answer is whole. */
  void read(RpcHeaders trailers) {
    endRead(trailers);
  }

  /** Behind {@link #read}: the caller hears of it once it has taken the rest. */
  void tell() {
    tellEnd();
  }

  /** Whether nothing more of the connection is needed: the rest waits for the caller. */
  boolean whole() {
    return wholeRead();
  }

  /** The next byte of the connection is its answer's. */
  void answerBegins() {
    answerBegun = true;
  }

  void broken(Kind kind, String message) {
    dropRest();
    fail(kind, message);
  }

  /** The connection ends before its answer has. */
  void lost(String message) {
    boolean whole = !sending();
    dropRest();
    failLost(answerBegun, whole, message);
  }

  void refused(Kind kind, String message) {
    failUnsent(kind, message);
  }

  void refusedBehindAnother() {
    refused(Kind.LIMIT, "another request is under way on this connection");
  }

  void writable() {
    sendRest();
    client.sendingChanged();
    becameWritable();
  }

  boolean sending() {
    return !requestEnded() || rest != null;
  }

  boolean ended() {
    return over();
  }

  boolean held() {
    return paused();
  }

  void inItsOrder(Runnable task) {
    onLoop(task);
  }

  // ---- the request

  @Override
  protected boolean sendHead(@Nullable ByteBuf body, boolean last) {
    int room = body == null || body.readableBytes() > Chunks.COPIED ? 0 : body.readableBytes();
    ByteBuf out =
        RequestWriter.head(context.allocator(), request(), client.defaultAuthority(), room);
    if (body == null) {
      return client.write(out);
    }
    if (room == 0) {
      if (!client.write(out)) {
        body.release();
        return false;
      }
      rest = body;
      sendRest();
      return true;
    }
    Chunks.copy(body, out);
    body.release();
    return client.write(out);
  }

  @Override
  protected void sendData(ByteBuf data, boolean last) {
    if (request().contentLength() == HttpClientRequest.UNKNOWN_LENGTH) {
      Chunks.write(context.allocator(), data, client::sendOn);
    } else if (last) {
      rest = data;
      sendRest();
      client.sendingChanged();
    } else {
      client.sendOn(data);
    }
  }

  private void sendRest() {
    if (sendingRest) {
      // Told to go on from within a write: the part that is being written comes first.
      return;
    }
    sendingRest = true;
    while (rest != null && client.isWritable()) {
      ByteBuf part = rest.readRetainedSlice(Math.min(rest.readableBytes(), A_PART));
      if (!rest.isReadable()) {
        dropRest();
      }
      client.sendOn(part);
      moved();
    }
    sendingRest = false;
  }

  private void dropRest() {
    ByteBuf left = rest;
    rest = null;
    if (left != null) {
      left.release();
    }
  }

  @Override
  protected void sendEnd(@Nullable OutgoingFields trailers) {
    if (request().contentLength() == HttpClientRequest.UNKNOWN_LENGTH) {
      client.sendOn(
          trailers == null || trailers.size() == 0
              ? Chunks.last()
              : RequestWriter.trailers(context.allocator(), trailers));
    }
    client.sendingChanged();
  }

  @Override
  protected boolean canWrite() {
    return client.isWritable();
  }

  // ---- the response

  @Override
  protected void holdResponse(boolean hold) {
    client.goOn();
  }

  @Override
  protected void hold(int bytes) {
    client.holdBytes(bytes);
  }

  @Override
  protected void letGo(int bytes) {
    client.consumedBytes(bytes);
  }

  @Override
  protected void breakOff(Kind why) {
    dropRest();
    client.abandoned(this);
  }

  @Override
  protected void completed() {
    client.completed(this);
    dropRest();
  }
}
