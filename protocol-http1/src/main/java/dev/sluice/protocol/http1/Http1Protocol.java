// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import com.google.auto.service.AutoService;
import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.NodeContext;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.Methods;
import dev.sluice.protocol.http.RpcDispatcher;
import dev.sluice.protocol.http.client.HttpClientSession;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** HTTP/1.1, and HTTP/1.0 for those who still speak it, to the applications of the interface. */
@AutoService(CustomProtocolSubsystem.class)
public final class Http1Protocol implements CustomProtocolSubsystem {

  // Set at the start, before the first connection, whose loop is another thread.
  private volatile @Nullable RpcDispatcher dispatcher;

  /** For the service loader. */
  public Http1Protocol() {}

  @Override
  public String name() {
    return "HTTP1";
  }

  @Override
  public List<String> alpnProtocols() {
    return List.of("http/1.1", "http/1.0");
  }

  /**
   * Known by a method and the space behind it. A request by another method is HTTP/1.1 too, but no
   * more than any word is: where HTTP/1.1 is the default it is served all the same.
   */
  @Override
  public Optional<ProtocolDetector> detector() {
    return Optional.of(ProtocolDetector.ofPrefixes(Methods.beginnings()));
  }

  /** Sessions are {@link HttpClientSession}s. */
  @Override
  public Optional<ClientSessionFactory<?>> client() {
    return Optional.of(ClientSessionFactory.of(name(), Execution.EVENT_LOOP, Http1Client::new));
  }

  /** Parsing only computes; applications run where they say. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public void start(NodeContext context) {
    dispatcher = new RpcDispatcher(context);
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new Http1Session(id, writer, Objects.requireNonNull(dispatcher, "not started"));
  }

  /** Answers without reading the request, whatever it is, and closes. */
  @Override
  public Session createCapped(ConnId id, SessionWriter writer) {
    writer.context(id).count(HttpProblem.CAPPED.code());
    boolean unused =
        writer.writeOutbound(
            id,
            AnswerHead.whole(
                writer.context(id).allocator(), RpcDispatcher.refusal(HttpProblem.CAPPED)));
    writer.closeSocket(id, CloseReason.CAPPED);
    return Refused.SESSION;
  }

  /** The node drops what still comes. */
  private static final class Refused implements Session {

    private static final Refused SESSION = new Refused();

    @Override
    public void handleIncomingData(ByteBuf data) {}

    @Override
    public boolean sendData(ByteBuf data) {
      return false;
    }

    @Override
    public void closeSession() {}
  }
}
