// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionState;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.StreamBridge;
import dev.sluice.testkit.EndingsTable;
import dev.sluice.transport.epoll.AnyClient.Wire;
import dev.sluice.transport.epoll.stream.StreamChannel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** A node with one interface, a protocol and a client, on which one row of the table is played. */
final class EndingStage implements AutoCloseable {

  /** What a client asks for by {@link #say}; all else is echoed. */
  private static final byte CUE = '?';

  final Wire wire;
  final ScriptedProtocol protocol = new ScriptedProtocol(Execution.EVENT_LOOP);

  /** To be changed before the stage is set. */
  CustomProtocolSubsystem served = protocol;

  TransportOptions options = TestNode.options().withThreads(1, 2);
  EndpointOptions.Limits limits = EndpointOptions.Limits.defaults();
  int softCap = 10;
  int hardCap = 10;

  TestNode node;
  InterfaceServer server;

  /** Whose end is looked at. */
  EndingClient client;

  private final List<EndingClient> clients = new ArrayList<>();

  EndingStage(Wire wire) {
    this.wire = wire;
  }

  /** What the session does at the cue. */
  EndingStage atCue(BiConsumer<ScriptedProtocol.Conn, ByteBuf> action) {
    protocol.onData(
        (session, data) -> {
          if (data.getByte(data.readerIndex()) == CUE) {
            action.accept(session, data);
          } else {
            session.writer.writeOutbound(session.id, data.retain());
          }
        });
    return this;
  }

  /** Starts the node. */
  EndingStage serve() throws Exception {
    node = new TestNode(options);
    server = wire.listen(node.serve(served).limits(limits).caps(softCap, hardCap));
    return this;
  }

  /** Starts the node if need be, and connects. */
  EndingStage connect() throws Exception {
    if (node == null) {
      serve();
    }
    return with(EndingClient.to(server, wire));
  }

  /** Likewise, and without a handshake. */
  EndingStage connectRaw() throws Exception {
    if (node == null) {
      serve();
    }
    return with(EndingClient.raw(server));
  }

  private EndingStage with(EndingClient connected) {
    client = connected;
    clients.add(connected);
    return this;
  }

  /** Connects, and has been answered: there is a session. */
  EndingStage talk() throws Exception {
    connect();
    client.ask();
    return this;
  }

  /** The cue. */
  EndingStage say() throws Exception {
    client.send(new byte[] {CUE});
    return this;
  }

  /** Waits until the connection stands for the node too: a TLS client is done before it. */
  EndingStage established() {
    TestNode.await(
        "established",
        () ->
            node.transport.connections().page(ConnectionFilter.ALL, Long.MIN_VALUE, 1).stream()
                .anyMatch(view -> view.state() == ConnectionState.OPEN));
    return this;
  }

  /** Until the node has told of the end, for what no peer may help with by reading. */
  EndingStage ended() {
    assertThat(Recorded.only(node)).isNotNull();
    return this;
  }

  ScriptedProtocol.Conn session() {
    return protocol.session();
  }

  /** Of the session's connection. */
  Channel channel() {
    StreamBridge bridge =
        (StreamBridge) node.transport.connections().find(session().id).orElseThrow();
    return StreamChannel.of(bridge);
  }

  /** What came of it, in the words of a cell. */
  String outcome() throws Exception {
    String peer = client.end();
    client.close();
    CloseRecord record = Recorded.only(node);
    boolean heard = false;
    for (ScriptedProtocol.Conn each : protocol.sessions) {
      if (each.reason != null) {
        assertThat(each.reason.code()).as("heard and recorded").isEqualTo(record.reason());
        heard = true;
      }
    }
    return EndingsTable.outcome(heard, peer, record);
  }

  @Override
  public void close() throws IOException {
    try {
      for (EndingClient each : clients) {
        each.close();
      }
    } finally {
      if (node != null) {
        node.close();
      }
    }
    protocol.verify();
  }
}
