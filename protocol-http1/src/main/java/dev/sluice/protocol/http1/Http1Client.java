// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientDeadlines;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import dev.sluice.protocol.http.client.RequestRoom;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of an HTTP/1.1 connection: requests one behind the other, and their responses in
 * the same order. On the connection's loop, but where it says otherwise.
 */
final class Http1Client extends PlaintextSession implements HttpClientSession {

  private final SessionContext context;
  private final String authority;
  private final ResponseReader reader;
  private final ConnectionSignals signals;
  private final HttpClientDeadlines deadlines;

  /** Sent, and not answered to the end, in the order of their sending. */
  private final ArrayDeque<Http1Call> calls = new ArrayDeque<>(2);

  private final SocketLook look;
  private final boolean pipelines;

  private boolean parsing;

  /** Its answer was read whole in this pass: told when all that has come with it was looked at. */
  private @Nullable Http1Call answered;

  private boolean inputEnded;
  private boolean closed;

  private final RequestRoom room;

  Http1Client(ConnId id, SessionWriter writer) {
    // What is left unread is bounded by the parsers, and by pausing reads.
    super(id, writer, Integer.MAX_VALUE);
    this.context = writer.context(id);
    HttpClientSettings settings = HttpClientSettings.of(context);
    this.authority = settings.authority() == null ? "" : settings.authority();
    this.reader = new ResponseReader(this, settings);
    this.signals = new ConnectionSignals(id, writer);
    this.look = new SocketLook(this, context);
    this.deadlines = new HttpClientDeadlines(context, () -> look.pending(calls));
    this.room = new RequestRoom(settings.maxPipelined());
    this.pipelines = settings.maxPipelined() > 1;
  }

  // ---- requests

  @Override
  public HttpClientCall send(HttpClientRequest request, HttpResponseReceiver receiver) {
    Http1Call call = new Http1Call(this, context, request, receiver);
    call.inItsOrder(() -> begin(call));
    return call;
  }

  private void begin(Http1Call call) {
    if (call.ended()) {
      return;
    }
    if (room.isClosed()) {
      call.refused(Kind.CLOSED, "the connection takes no more requests");
    } else if (calls.size() + look.waiting() >= room.most()) {
      call.refusedBehindAnother();
    } else if (look.isNeeded()) {
      look.await(call);
      deadlines.watch();
      settle();
    } else {
      start(call);
    }
  }

  /** What had come before the call was made was seen: what comes now may be for it. */
  void start(Http1Call call) {
    if (sending()) {
      call.refusedBehindAnother();
      return;
    }
    calls.add(call);
    deadlines.watch();
    call.start();
    if (call.ended()) {
      // The connection has taken nothing of it, or it was given up before.
      calls.remove(call);
    }
    sendingChanged();
    settle();
  }

  /** Whether the last request is not out yet: another one's bytes would fall into it. */
  private boolean sending() {
    Http1Call last = calls.peekLast();
    return last != null && last.sending();
  }

  /** There is no room behind a request that is not out yet. */
  void sendingChanged() {
    if (pipelines) {
      room.suspend(sending());
    }
  }

  /** The authority of requests that name none. */
  String defaultAuthority() {
    return authority;
  }

  /** False: the connection takes nothing any more. */
  boolean write(ByteBuf data) {
    boolean taken = send(data);
    if (!taken) {
      room.close();
    }
    return taken;
  }

  /** Of a body, whose call hears of the connection's end by itself. */
  void sendOn(ByteBuf data) {
    boolean unused = write(data);
  }

  /** Any thread. */
  boolean isWritable() {
    return writer().isWritable(id());
  }

  @Override
  public int maxRequests() {
    return room.most();
  }

  @Override
  public boolean isOpen() {
    return !room.isClosed();
  }

  @Override
  public void onChange(Runnable action) {
    room.onChange(action);
  }

  // ---- responses

  @Override
  protected boolean parse(ByteBuf in) {
    parsing = true;
    look.bytesCame();
    try {
      while (in.isReadable() && !closed && reader.read(in)) {
        // One response after the other.
      }
    } catch (HttpRefusal refusal) {
      broken(refusal.problem());
    } finally {
      parsing = false;
    }
    return true;
  }

  /** The call whose response comes next. */
  @Nullable Http1Call first() {
    return calls.peek();
  }

  boolean isClosed() {
    return closed;
  }

  /** Such as a status 408 before a server closes what was idle, or bytes behind an answer. */
  void unaskedResponse() {
    context.count("unasked_response");
    end(CloseReason.SESSION_CLOSED, "bytes that nobody has asked for came before its response");
  }

  /** Whether another answer follows that of the first call, to a request that was sent before. */
  boolean moreAwaited() {
    return calls.size() > 1;
  }

  /**
   * The first call's answer was read. Where it is the last one its caller hears of it behind the
   * pass: another request would be sent at once, and be answered by what has come uncalled for.
   */
  void responseRead(Http1Call call, RpcHeaders trailers) {
    call.read(trailers);
    if (moreAwaited()) {
      call.tell();
    } else {
      answered = call;
    }
  }

  /** All that had come was looked at. */
  private void tellAnswered() {
    Http1Call call = answered;
    answered = null;
    if (call != null) {
      call.tell();
    }
  }

  /** Its caller has all of it: the next one's turn, if the connection stays. */
  void completed(Http1Call call) {
    boolean unused = calls.remove(call);
    if (closed) {
      return;
    }
    reader.goOn();
    if (call.sending()) {
      // An answer before the request was whole: the rest of it would be taken for another one.
      abort("answered before the request had been sent");
    } else if (!reader.keepAlive() || inputEnded) {
      end(CloseReason.SESSION_CLOSED, "the server ends the connection behind this response");
    }
  }

  @Override
  public void incomingComplete() {
    tellAnswered();
    settle();
  }

  /** A caller has stopped its response, or lets it go on. */
  void goOn() {
    if (!parsing && !closed) {
      parseAgain();
      tellAnswered();
      settle();
    }
  }

  /** What to read, and what to wait for. */
  void settle() {
    if (closed || parsing) {
      return;
    }
    Http1Call first = calls.peek();
    boolean owed = first != null || look.waiting() > 0;
    if (!owed && room.isClosed()) {
      end(CloseReason.SESSION_CLOSED, "no more requests are taken");
      return;
    }
    signals.busy(owed);
    boolean held = reader.inBody() && first != null && first.held();
    // Where no other answer is to come whatever does is unasked for, and has to be seen.
    signals.pauseReads(held || (reader.waits() && calls.size() > 1));
  }

  void holdBytes(int bytes) {
    writer().hold(id(), bytes);
  }

  void consumedBytes(int bytes) {
    writer().consumed(id(), bytes);
  }

  @Override
  public void writabilityChanged(boolean writable) {
    Http1Call last = calls.peekLast();
    if (writable && last != null && last.sending()) {
      last.writable();
    }
  }

  // ---- the end

  /** What came is no response. */
  private void broken(HttpProblem problem) {
    context.count(problem.code());
    context.note(problem.code());
    boolean large =
        problem == HttpProblem.HEADERS_TOO_LARGE || problem == HttpProblem.BODY_TOO_LARGE;
    Http1Call first = calls.peek();
    if (first != null && !first.whole()) {
      calls.remove();
      first.broken(
          large ? Kind.RESPONSE_TOO_LARGE : Kind.INVALID_RESPONSE,
          "what came is no response that is taken: " + problem.code());
    }
    end(CloseReason.PROTOCOL_ERROR, "what came on its connection is no response");
  }

  /** A call was given up: what is still to come of it can't be told from what is wanted. */
  void abandoned(Http1Call call) {
    if (calls.remove(call) && !closed) {
      abort("a request before it on its connection was given up");
    }
  }

  private void abort(String why) {
    closed = true;
    reader.stop();
    room.close();
    failRest(why);
    writer().abort(id(), CloseReason.SESSION_ABORTED);
    tellAnswered();
  }

  private void end(CloseReason reason, String why) {
    closed = true;
    reader.stop();
    room.close();
    failRest(why);
    close(reason);
    tellAnswered();
  }

  /** All but one that has come whole, and only waits for its caller. */
  private void failRest(String why) {
    for (Http1Call call : calls.toArray(new Http1Call[0])) {
      if (!call.whole()) {
        calls.remove(call);
        call.lost(why);
      }
    }
    look.refuse(why);
  }

  @Override
  public void inputClosed() {
    inputEnded = true;
    // Who hears of it may make another request at once.
    room.close();
    tellAnswered();
    peerEnded(true, "the peer has ended the connection");
    if (!closed && calls.isEmpty()) {
      end(CloseReason.SESSION_CLOSED, "");
    }
  }

  /** Where the connection's end is that of a body, the response is complete. */
  private void peerEnded(boolean orderly, String why) {
    Http1Call first = calls.peek();
    if (orderly && first != null && reader.connectionEnded()) {
      first.read(RpcHeaders.EMPTY);
      first.tell();
    }
    failRest(why);
  }

  @Override
  public void shutdown() {
    EventExecutor loop = context.executor();
    if (loop.inEventLoop()) {
      closeSession();
    } else {
      boolean unused = context.execute(this::closeSession);
    }
  }

  /** Takes no more, and ends behind what is under way. */
  @Override
  public void closeSession() {
    room.close();
    settle();
  }

  /** Requests have an order: bytes from elsewhere would fall between them. */
  @Override
  public boolean sendData(ByteBuf data) {
    return false;
  }

  @Override
  protected void closed(CloseReason reason) {
    closed = true;
    room.close();
    tellAnswered();
    peerEnded(
        reason.equals(CloseReason.PEER_CLOSED),
        "the connection has ended before the response had: " + reason.code());
  }
}
