// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientExchange;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A request on a stream, and its response. On the connection's loop, but for {@link #canWrite}. */
final class Http2Call extends HttpClientExchange implements StreamMessage {

  /** Responses before the last one; a server that sends them without end is no server. */
  private static final int MAX_INTERIM = 64;

  private final Http2Client client;

  // Set when it begins.
  private @Nullable Http2Stream stream;

  /** Made for its first part, on the loop; read by any thread that asks whether to write. */
  private volatile @Nullable OutgoingBody<Http2Call> outgoing;

  private @Nullable HttpResponseHead head;

  /** Not null: why the stream ends, which the caller hears of when it has. */
  private @Nullable Kind failing;

  private String failingFor = "its stream has ended";
  private int interim;
  private long received;

  Http2Call(Http2Client client, HttpClientRequest request, HttpResponseReceiver receiver) {
    super(client.context(), request, receiver);
    this.client = client;
  }

  // ---- for the connection

  void start() {
    begin();
  }

  void inItsOrder(Runnable task) {
    onLoop(task);
  }

  boolean ended() {
    return over();
  }

  int streamId() {
    return stream().id();
  }

  boolean headRead() {
    return head != null;
  }

  void interim(HttpResponseHead arrived) throws Http2Exception {
    if (++interim > MAX_INTERIM) {
      throw RequestRules.malformed(stream().id(), "interim responses without end");
    }
    interimArrived(arrived);
  }

  void head(HttpResponseHead arrived) {
    head = arrived;
    headArrived(arrived);
  }

  /**
   * More of the body; borrowed.
   *
   * @param bytes of the window, padding included
   * @return how many of them the server may send again
   */
  int dataRead(ByteBuf data, int bytes, boolean last) throws Http2Exception {
    HttpResponseHead of = head;
    if (of == null) {
      throw RequestRules.malformed(stream().id(), "a body before its head");
    }
    received += data.readableBytes();
    long declared = of.contentLength();
    boolean known = declared != HttpClientRequest.UNKNOWN_LENGTH;
    if (known && (received > declared || (last && received < declared))) {
      throw RequestRules.malformed(stream().id(), "a body unlike its length");
    }
    int length = data.readableBytes();
    boolean kept = length > 0 && !partRead(data);
    if (last) {
      end(RpcHeaders.EMPTY);
    }
    // Padding is of no use to anybody: the server may send as much again.
    return kept ? bytes - length : bytes;
  }

  /** The response ends with these. */
  void trailers(RpcHeaders fields) throws Http2Exception {
    HttpResponseHead of = Objects.requireNonNull(head);
    if (of.contentLength() != HttpClientRequest.UNKNOWN_LENGTH && received < of.contentLength()) {
      throw RequestRules.malformed(stream().id(), "a body unlike its length");
    }
    end(fields);
  }

  /** The whole response was read; its caller hears of it when its stream is out of the way. */
  void end(RpcHeaders fields) {
    endRead(fields);
    if (stream().state().localSideOpen()) {
      // RFC 9113, section 8.1: the rest of the request is not wanted. It is given up; that nothing
      // is wrong with it is for a server to say.
      client.reset(stream(), Http2Error.CANCEL);
    }
  }

  /** Only now is there room for another call, which the caller may make as soon as it hears. */
  @Override
  public void streamClosed() {
    Kind kind = failing == null ? Kind.CONNECTION_LOST : failing;
    if (kind == Kind.REFUSED && !wholeRead()) {
      refused(kind, failingFor);
    } else {
      lost(kind, failingFor);
    }
    tellEnd();
  }

  void resetByPeer(long code) {
    boolean untouched = code == Http2Error.REFUSED_STREAM.code() && !heard();
    failing(
        untouched ? Kind.REFUSED : Kind.RESET,
        "the server has reset the stream: " + Http2Client.name(code));
  }

  /** Its stream is about to end for this reason, unless there was another one before. */
  void failing(Kind kind, String message) {
    if (failing == null) {
      failing = kind;
      failingFor = message;
    }
  }

  void lost(Kind kind, String message) {
    if (!wholeRead()) {
      fail(kind, message);
    }
  }

  /** The connection has ended. */
  void connectionLost(String message) {
    if (!wholeRead()) {
      failLost(heard(), !stream().state().localSideOpen(), message);
    }
  }

  /** The server has said that it did nothing with what it has not begun to answer. */
  void behindTheLast(String message) {
    if (heard()) {
      lost(Kind.CONNECTION_LOST, message);
    } else {
      refused(Kind.REFUSED, message);
    }
  }

  void refused(Kind kind, String message) {
    failUnsent(kind, message);
  }

  private Http2Stream stream() {
    return Objects.requireNonNull(stream, "not begun");
  }

  // ---- the request

  @Override
  protected boolean sendHead(@Nullable ByteBuf whole, boolean last) {
    if (whole != null && !client.bodies().takes(whole.readableBytes(), 0)) {
      whole.release();
      refused(Kind.LIMIT, "as much as may waits for servers that do not read");
      return false;
    }
    stream = client.open(this, last && whole == null);
    if (stream == null) {
      if (whole != null) {
        whole.release();
      }
      return false;
    }
    if (whole != null) {
      outgoing().add(whole, true);
    }
    return true;
  }

  @Override
  protected void sendData(ByteBuf data, boolean last) {
    if (outgoing().isFull() || (outgoing().isOvershot() && client.bodies().strained())) {
      data.release();
      bodyBroken("a body was written far faster than the server takes it");
    } else {
      outgoing().add(data, last);
    }
  }

  @Override
  protected void sendEnd(@Nullable OutgoingFields fields) {
    if (fields != null && fields.size() > 0) {
      client.writeTrailers(stream(), SentFields.trailers(fields), () -> {});
    } else {
      outgoing().end();
    }
  }

  private OutgoingBody<Http2Call> outgoing() {
    OutgoingBody<Http2Call> out = outgoing;
    if (out == null) {
      out = new OutgoingBody<>(client, stream(), this);
      outgoing = out;
    }
    return out;
  }

  @Override
  protected boolean canWrite() {
    OutgoingBody<Http2Call> out = outgoing;
    return (out == null || out.isWritable()) && !client.bodies().strained();
  }

  @Override
  public void writableAgain() {
    if (!over()) {
      becameWritable();
    }
  }

  @Override
  public void sent(int bytes) {
    moved();
  }

  @Override
  public void bodySent() {
    // What ends the call is its response.
  }

  // ---- the response

  @Override
  protected void holdResponse(boolean hold) {}

  @Override
  protected void hold(int bytes) {
    client.hold(bytes);
  }

  /** The server may send as much again. */
  @Override
  protected void letGo(int bytes) {
    client.unhold(bytes);
    client.consumed(stream(), bytes);
  }

  @Override
  protected void breakOff(Kind why) {
    client.reset(stream(), Http2Error.CANCEL);
    if (why == Kind.TIMEOUT) {
      // It may be the connection that is dead, and not this one answer.
      client.checkServer();
    }
  }

  @Override
  protected void completed() {}
}
