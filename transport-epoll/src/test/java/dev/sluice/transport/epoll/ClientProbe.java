// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundTarget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** A client whose sessions keep what they receive, unless a test says otherwise. */
final class ClientProbe implements ClientSessionFactory<Probe.Peer> {

  final List<Probe.Peer> sessions = new CopyOnWriteArrayList<>();

  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private Execution execution = Execution.EVENT_LOOP;
  private BiConsumer<Probe.Peer, ByteBuf> onData =
      (peer, data) -> received.writeBytes(ByteBufUtil.getBytes(data));

  ClientProbe execution(Execution mode) {
    execution = mode;
    return this;
  }

  ClientProbe onData(BiConsumer<Probe.Peer, ByteBuf> action) {
    onData = action;
    return this;
  }

  @Override
  public Probe.Peer create(ConnId id, SessionWriter writer) {
    Probe.Peer peer = new Probe.Peer(id, writer, (self, data) -> onData.accept(self, data));
    sessions.add(peer);
    return peer;
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public String name() {
    return "PROBE_CLIENT";
  }

  String received() {
    return received.toString(StandardCharsets.ISO_8859_1);
  }

  void awaitReceived(String text) {
    TestNode.await("received '" + text + "'", () -> received().equals(text));
  }

  static OutboundTarget target(OpenSslServer server) {
    return target(server.address());
  }

  static OutboundTarget target(InetSocketAddress address) {
    return new OutboundTarget(address.getAddress().getHostAddress(), address.getPort());
  }

  /** The connection, or the failure as it is. */
  static <T extends OutboundConnection<?>> T connected(CompletionStage<T> stage) throws Exception {
    try {
      return stage.toCompletableFuture().get(TestNode.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("not connected", e.getCause());
    }
  }

  /** The failure; no session has come of the attempt. */
  OutboundException failure(CompletionStage<?> stage) throws Exception {
    try {
      Object made =
          stage.toCompletableFuture().get(TestNode.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      throw new AssertionError("connected: " + made);
    } catch (ExecutionException e) {
      assertThat(sessions).isEmpty();
      return (OutboundException) e.getCause();
    }
  }
}
