// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A buffer of many parts arrives as one, and its parts are given back as they leave. */
class CompositeWriteTest {

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void partsOfEverySizeArriveInOrderFromTheReaderIndexOn(Execution execution, boolean tls)
      throws Exception {
    int[] sizes = {0, 1, 70_000, 0, 3, 200_000, 64 << 10, (64 << 10) + 1, 0, 5, 300_000, 0};
    int[] skips = {0, 1, 2, 69_999, 70_001, 150_000};
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    for (int skip : skips) {
      ByteBuf composite = composite(sizes).skipBytes(skip);
      composite.writerIndex(composite.writerIndex() - 7);
      byte[] bytes = new byte[composite.readableBytes()];
      composite.readBytes(bytes).release();
      expected.writeBytes(bytes);
    }
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  for (int skip : skips) {
                    ByteBuf composite = composite(sizes).skipBytes(skip);
                    composite.writerIndex(composite.writerIndex() - 7);
                    session.writer.writeOutbound(session.id, composite);
                  }
                  session.writer.closeSocket(session.id);
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        assertThat(client.receiveAll()).isEqualTo(expected.toByteArray());
      }
    }
  }

  private static CompositeByteBuf composite(int... sizes) {
    CompositeByteBuf composite = Unpooled.compositeBuffer(100);
    for (int i = 0; i < sizes.length; i++) {
      // Whole buffers and slices of larger ones, which lie differently in a composite.
      ByteBuf part =
          Unpooled.directBuffer(sizes[i] + 8).writeBytes(WireClient.noise(i, sizes[i] + 4));
      composite.addComponent(true, i % 2 == 0 ? part.skipBytes(4) : slice(part, sizes[i]));
    }
    return composite;
  }

  private static ByteBuf slice(ByteBuf part, int length) {
    ByteBuf slice = part.retainedSlice(2, length);
    part.release();
    return slice;
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void partsAreGivenBackWhileTheRestStillWaitsForASlowReader(Execution execution, boolean tls)
      throws Exception {
    int size = 256 << 10;
    int count = 64;
    List<ByteBuf> parts = new ArrayList<>();
    CompositeByteBuf composite = Unpooled.compositeBuffer(count);
    for (int i = 0; i < count; i++) {
      ByteBuf part = Unpooled.directBuffer(size).writeZero(size);
      parts.add(part);
      composite.addComponent(true, part);
    }
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData((session, data) -> session.writer.writeOutbound(session.id, composite));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        client.receiveBytes(8 * size);
        TestNode.await("what has arrived is free", () -> parts.get(7).refCnt() == 0);
        // Those alive first: what leaves in between makes it harder, not easier.
        TestNode.await(
            "not much more is alive than what waits",
            () ->
                alive(parts) * (long) size
                    <= node.transport.connections().outboundQueued() + 2L * size);
        assertThat(parts.subList(0, 8)).allMatch(part -> part.refCnt() == 0);
        assertThat(parts.get(count - 1).refCnt()).isEqualTo(1);
        client.receiveBytes((count - 8) * size);
        TestNode.await("all is free", () -> alive(parts) == 0);
      }
    }
  }

  private static long alive(List<ByteBuf> parts) {
    return parts.stream().filter(part -> part.refCnt() > 0).count();
  }
}
