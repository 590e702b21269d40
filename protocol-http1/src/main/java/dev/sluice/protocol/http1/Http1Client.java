// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.HeadersView;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientDeadlines;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import dev.sluice.protocol.http.client.RequestRoom;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of an HTTP/1.1 connection: requests one behind the other, and their responses in
 * the same order. On the connection's loop, but where it says otherwise.
 */
final class Http1Client extends PlaintextSession implements HttpClientSession {

  /** Responses before the last one; a server that sends them without end is no server. */
  private static final int MAX_INTERIM = 64;

  /** What the connection's next byte belongs to. */
  private enum Reading {
    HEAD,
    BODY,
    /** A response behind one that its caller has not taken yet; nothing is read meanwhile. */
    TURN,
    /** Nothing: the connection is about to end. */
    REST
  }

  private final SessionContext context;
  private final HttpClientSettings settings;
  private final String authority;
  private final ResponseHeadParser heads;
  private final HttpClientDeadlines deadlines;

  /** Sent, and not answered to the end, in the order of their sending. */
  private final ArrayDeque<Http1Call> calls = new ArrayDeque<>(2);

  private Reading reading = Reading.HEAD;
  private @Nullable ResponseBodyReader body;
  private boolean keepAlive;
  private int interim;

  private boolean parsing;
  private boolean readsPaused;
  private boolean saidBusy;
  private boolean inputEnded;
  private boolean closed;

  private final RequestRoom room;

  Http1Client(ConnId id, SessionWriter writer) {
    // What is left unread is bounded by the parsers, and by pausing reads.
    super(id, writer, Integer.MAX_VALUE);
    this.context = writer.context(id);
    this.settings = HttpClientSettings.of(context);
    this.authority = settings.authority() == null ? "" : settings.authority();
    this.heads =
        new ResponseHeadParser(
            settings.maxHeaderSize().toIntSaturated(), settings.maxHeadersCount());
    this.deadlines = new HttpClientDeadlines(context, () -> new ArrayList<>(calls));
    this.room = new RequestRoom(settings.maxPipelined());
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
    Http1Call before = calls.peekLast();
    if (room.most() == 0) {
      call.refused(Kind.CLOSED, "the connection takes no more requests");
    } else if (calls.size() >= room.most() || (before != null && before.sending())) {
      call.refused(Kind.LIMIT, "another request is under way on this connection");
    } else {
      calls.add(call);
      deadlines.watch();
      call.start();
      if (call.ended()) {
        // The connection has taken nothing of it.
        calls.remove(call);
      }
      if (!parsing) {
        settle();
      }
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
  public void onChange(Runnable action) {
    room.onChange(action);
  }

  // ---- responses

  @Override
  protected boolean parse(ByteBuf in) {
    parsing = true;
    try {
      while (in.isReadable() && !closed && read(in)) {
        // One response after the other.
      }
    } catch (HttpRefusal refusal) {
      broken(refusal.problem());
    } finally {
      parsing = false;
    }
    return true;
  }

  /** False: there is nothing more to be had of these bytes now. */
  private boolean read(ByteBuf in) throws HttpRefusal {
    switch (reading) {
      case HEAD -> {
        Http1Call call = calls.peek();
        if (call == null) {
          // Such as a status 408 before a server closes what was idle.
          context.count("unasked_response");
          end(CloseReason.SESSION_CLOSED, "a response that nobody has asked for");
          return false;
        }
        ResponseHeadParser.Head head = heads.parse(in);
        if (head == null) {
          return false;
        }
        headRead(call, head);
      }
      case BODY -> {
        return bodyRead(calls.element(), Objects.requireNonNull(body), in);
      }
      case TURN -> {
        return false;
      }
      case REST -> in.skipBytes(in.readableBytes());
    }
    return true;
  }

  private void headRead(Http1Call call, ResponseHeadParser.Head head) throws HttpRefusal {
    String version = head.http10() ? "HTTP/1.0" : "HTTP/1.1";
    RpcHeaders fields = HeadersView.of(head.fields());
    if (head.status() < 200) {
      // Nobody has asked to switch protocols (RFC 9110, section 15.2.2).
      if (head.status() == 101 || ++interim > MAX_INTERIM) {
        throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
      }
      call.interim(new HttpResponseHead(version, head.status(), fields, 0));
      return;
    }
    ResponseBodyReader reader =
        ResponseBodyReader.of(
            head,
            call.request().method(),
            () ->
                new FieldLines(
                    settings.maxHeaderSize().toIntSaturated(),
                    settings.maxHeadersCount(),
                    HttpProblem.INVALID_TRAILER));
    body = reader;
    keepAlive = !reader.untilClose() && MessageRules.keepAlive(head.fields(), head.http10());
    reading = Reading.BODY;
    call.head(new HttpResponseHead(version, head.status(), fields, reader.length()));
    if (!closed && reader.complete()) {
      responseRead(call, reader);
    }
  }

  private boolean bodyRead(Http1Call call, ResponseBodyReader reader, ByteBuf in)
      throws HttpRefusal {
    ByteBuf part = reader.next(in);
    if (part != null) {
      call.part(part);
    }
    if (!closed && reader.complete()) {
      responseRead(call, reader);
      return true;
    }
    return part != null;
  }

  private void responseRead(Http1Call call, ResponseBodyReader reader) throws HttpRefusal {
    RpcHeaders trailers = reader.trailers();
    reading = Reading.TURN;
    body = null;
    call.end(trailers);
  }

  /** Its caller has all of it: the next one's turn, if the connection stays. */
  void completed(Http1Call call) {
    boolean unused = calls.remove(call);
    if (closed) {
      return;
    }
    interim = 0;
    reading = Reading.HEAD;
    if (call.sending()) {
      // An answer before the request was whole: the rest of it would be taken for another one.
      abort("answered before the request had been sent");
    } else if (!keepAlive || inputEnded) {
      end(CloseReason.SESSION_CLOSED, "the server ends the connection behind this response");
    }
  }

  @Override
  public void incomingComplete() {
    settle();
  }

  /** A caller has stopped its response, or lets it go on. */
  void goOn() {
    if (!parsing && !closed) {
      parseAgain();
      settle();
    }
  }

  /** What to read, and what to wait for. */
  private void settle() {
    if (closed) {
      return;
    }
    Http1Call first = calls.peek();
    if (first == null && room.most() == 0) {
      end(CloseReason.SESSION_CLOSED, "no more requests are taken");
      return;
    }
    boolean owed = first != null;
    if (owed != saidBusy) {
      saidBusy = owed;
      context.busy(owed);
    }
    boolean held = reading == Reading.BODY && first != null && first.held();
    boolean pause = held || reading == Reading.TURN;
    if (pause != readsPaused) {
      readsPaused = pause;
      if (pause) {
        writer().pauseReads(id());
      } else {
        writer().resumeReads(id());
      }
    }
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
    reading = Reading.REST;
    room.close();
    failRest(why);
    writer().abort(id(), CloseReason.SESSION_ABORTED);
  }

  private void end(CloseReason reason, String why) {
    closed = true;
    reading = Reading.REST;
    room.close();
    failRest(why);
    close(reason);
  }

  /** All but one that has come whole, and only waits for its caller. */
  private void failRest(String why) {
    for (Http1Call call : calls.toArray(new Http1Call[0])) {
      if (!call.whole()) {
        calls.remove(call);
        call.broken(Kind.CONNECTION_LOST, why);
      }
    }
  }

  @Override
  public void inputClosed() {
    inputEnded = true;
    peerEnded(true, "the peer has ended the connection");
    if (!closed && calls.isEmpty()) {
      end(CloseReason.SESSION_CLOSED, "");
    }
  }

  /** Where the connection's end is that of a body, the response is complete. */
  private void peerEnded(boolean orderly, String why) {
    Http1Call first = calls.peek();
    ResponseBodyReader reader = body;
    if (orderly && first != null && reader != null && reader.untilClose()) {
      body = null;
      reading = Reading.TURN;
      first.end(RpcHeaders.EMPTY);
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
    if (!parsing) {
      settle();
    }
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
    peerEnded(
        reason.equals(CloseReason.PEER_CLOSED),
        "the connection has ended before the response had: " + reason.code());
  }
}
