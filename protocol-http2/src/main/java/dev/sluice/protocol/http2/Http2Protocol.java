// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import com.google.auto.service.AutoService;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.NodeContext;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.protocol.http.RpcDispatcher;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.session.netty.PipelineSession;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** HTTP/2 to the applications of the interface: by ALPN under TLS, by prior knowledge without. */
@AutoService(CustomProtocolSubsystem.class)
public final class Http2Protocol implements CustomProtocolSubsystem {

  /** RFC 9113, section 3.4. */
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  // Set at the start, before the first connection, whose loop is another thread.
  private volatile @Nullable RpcDispatcher dispatcher;

  private final RoomWatch room = new RoomWatch();

  /** For the service loader. */
  public Http2Protocol() {}

  @Override
  public String name() {
    return "HTTP2";
  }

  @Override
  public List<String> alpnProtocols() {
    return List.of("h2");
  }

  /** Prior knowledge (RFC 9113, section 3.3): the preface, which no other protocol begins with. */
  @Override
  public Optional<ProtocolDetector> detector() {
    return Optional.of(ProtocolDetector.ofPrefixes(PREFACE));
  }

  /** Sessions are {@link HttpClientSession}s. */
  @Override
  public Optional<ClientSessionFactory<?>> client() {
    return Optional.of(
        ClientSessionFactory.of(name(), Execution.EVENT_LOOP, Http2ClientSession::start));
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
    return serve(id, writer, false);
  }

  /** Answers every request with status 503, then says that no more are taken. */
  @Override
  public Session createCapped(ConnId id, SessionWriter writer) {
    return serve(id, writer, true);
  }

  private Session serve(ConnId id, SessionWriter writer, boolean capped) {
    RpcDispatcher to = Objects.requireNonNull(dispatcher, "not started");
    return PipelineSession.startWithoutReplies(
        id, writer, channel -> Http2Server.serve(channel, to, room, capped));
  }
}
