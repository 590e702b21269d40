// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http.client.HttpResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a connection's responses, one behind the other, for the calls that wait for them: it knows
 * what the next byte belongs to. Written on the connection's loop.
 */
final class ResponseReader {

  /** Responses before the last one; a server that sends them without end is no server. */
  private static final int MAX_INTERIM = 64;

  /** What the connection's next byte belongs to. */
  private enum Reading {
    HEAD,
    BODY,
    /**
     * A response behind one that its caller has not taken yet; nothing of it is read meanwhile.
     * Where none is to come, nothing may.
     */
    TURN,
    /** Nothing: the connection is about to end. */
    REST
  }

  private final Http1Client client;
  private final HttpClientSettings settings;
  private final ResponseHeadParser heads;

  private Reading reading = Reading.HEAD;
  private @Nullable ResponseBodyReader body;
  private boolean keepAlive;
  private int interim;

  ResponseReader(Http1Client client, HttpClientSettings settings) {
    this.client = client;
    this.settings = settings;
    this.heads =
        new ResponseHeadParser(
            settings.maxHeaderSize().toIntSaturated(), settings.maxHeadersCount());
  }

  // ---- what arrives

  /** False: there is nothing more to be had of these bytes now. */
  boolean read(ByteBuf in) throws HttpRefusal {
    switch (reading) {
      case HEAD -> {
        Http1Call call = client.first();
        if (call == null) {
          client.unaskedResponse();
          return false;
        }
        call.answerBegins();
        ResponseHeadParser.Head head = heads.parse(in);
        if (head == null) {
          return false;
        }
        headRead(call, head);
      }
      case BODY -> {
        return bodyRead(Objects.requireNonNull(client.first()), Objects.requireNonNull(body), in);
      }
      case TURN -> {
        if (!client.moreAwaited()) {
          client.unaskedResponse();
        }
        return false;
      }
      case REST -> in.skipBytes(in.readableBytes());
    }
    return true;
  }

  private void headRead(Http1Call call, ResponseHeadParser.Head head) throws HttpRefusal {
    String version = head.http10() ? "HTTP/1.0" : "HTTP/1.1";
    RpcHeaders fields = head.fields();
    if (head.status() < 200) {
      // Nobody has asked to switch protocols (RFC 9110, section 15.2.2), and RFC 9112, section 6.1,
      // has no coding here: another reader would take what follows for a body.
      if (head.status() == 101
          || ++interim > MAX_INTERIM
          || head.fields().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
        throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
      }
      call.interim(new HttpResponseHead(version, head.status(), fields, 0));
      return;
    }
    ResponseBodyReader reader =
        ResponseBodyReader.of(head, call.request().method(), this::trailerLines);
    body = reader;
    keepAlive = !reader.untilClose() && MessageRules.keepAlive(head.fields(), head.http10());
    reading = Reading.BODY;
    call.head(new HttpResponseHead(version, head.status(), fields, reader.length()));
    if (!client.isClosed() && reader.complete()) {
      responseRead(call, reader);
    }
  }

  private FieldLines trailerLines() {
    return new FieldLines(
        settings.maxHeaderSize().toIntSaturated(),
        settings.maxHeadersCount(),
        HttpProblem.INVALID_TRAILER);
  }

  private boolean bodyRead(Http1Call call, ResponseBodyReader reader, ByteBuf in)
      throws HttpRefusal {
    ByteBuf part = reader.next(in);
    if (part != null) {
      call.part(part);
    }
    if (!client.isClosed() && reader.complete()) {
      responseRead(call, reader);
      return true;
    }
    return part != null;
  }

  private void responseRead(Http1Call call, ResponseBodyReader reader) throws HttpRefusal {
    RpcHeaders trailers = reader.trailers();
    awaitTurn();
    client.responseRead(call, trailers);
  }

  /** A response is whole, and the next one is not read before its caller has taken it. */
  private void awaitTurn() {
    reading = Reading.TURN;
    body = null;
  }

  /** The caller has taken a whole response: the next one's turn. */
  void goOn() {
    interim = 0;
    reading = Reading.HEAD;
  }

  /** Reads no more. */
  void stop() {
    reading = Reading.REST;
  }

  /**
   * The connection has ended in order.
   *
   * @return whether that was the end of a body, whose response is whole by it
   */
  boolean connectionEnded() {
    ResponseBodyReader reader = body;
    if (reader == null || !reader.untilClose()) {
      return false;
    }
    awaitTurn();
    return true;
  }

  // ---- where it is

  boolean inBody() {
    return reading == Reading.BODY;
  }

  /** Whether what comes next has to stay where it is until a caller has taken what is there. */
  boolean waits() {
    return reading == Reading.TURN;
  }

  /** Whether the connection stays behind the response whose head was read last. */
  boolean keepAlive() {
    return keepAlive;
  }
}
