// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * A strict node says what a session does against its contract, and a node in a test fails by it.
 */
class StrictTest {

  private static final ConnId OTHER = ConnId.of(7_000);

  /** What a session does with its first bytes. */
  private interface Fault {
    void commit(ConnId id, SessionWriter writer, ByteBuf data);
  }

  /** Does it, then answers. */
  private record Faulty(Execution execution, Fault fault, Fault atEnd)
      implements CustomProtocolSubsystem {

    Faulty(Fault fault) {
      this(Execution.WORKERS, fault, (id, writer, data) -> {});
    }

    @Override
    public String name() {
      return "FAULTY";
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new Session() {
        @Override
        public void handleIncomingData(ByteBuf data) {
          fault.commit(id, writer, data);
          writer.writeOutbound(id, Unpooled.copiedBuffer("done", US_ASCII));
        }

        @Override
        public boolean sendData(ByteBuf data) {
          return false;
        }

        @Override
        public void closeSession() {
          writer.closeSocket(id);
        }

        @Override
        public void connectionClosed(CloseReason reason) {
          atEnd.commit(id, writer, Unpooled.EMPTY_BUFFER);
        }
      };
    }
  }

  private static void talk(SluiceNode node, boolean answered) throws IOException {
    try (Socket client = node.connect()) {
      client.getOutputStream().write("hello".getBytes(US_ASCII));
      if (answered) {
        assertThat(client.getInputStream().readNBytes(4)).isEqualTo("done".getBytes(US_ASCII));
      } else {
        assertThat(client.getInputStream().read()).isNegative();
      }
    }
    node.awaitClosed();
  }

  /** The rule is counted once, and fails the node's end. */
  private static void breaks(String rule, boolean answered, Faulty protocol) throws IOException {
    SluiceNode node = SluiceNode.with(protocol).start();
    try {
      talk(node, answered);
      assertThat(node.counter("contract_" + rule)).isEqualTo(1);
    } catch (Throwable failed) {
      node.close();
      throw failed;
    }
    assertThatThrownBy(node::close)
        .isInstanceOf(AssertionError.class)
        .hasMessage("sessions broke their contract, see the log: contract_" + rule + " on plain");
  }

  @Test
  void aProtocolThatKeepsItsContractIsNotBlamed() throws IOException {
    try (SluiceNode node = SluiceNode.with(new Faulty((id, writer, data) -> {})).start()) {
      talk(node, true);
      assertThat(node.figures("plain").counters().keySet())
          .noneMatch(counter -> counter.startsWith("contract_"));
    }
  }

  @Test
  void aWriteAfterTheClose() throws IOException {
    breaks("write_after_close", false, new Faulty((id, writer, data) -> writer.closeSocket(id)));
  }

  /** A session can't know in time that another one has closed its connection. */
  @Test
  void aWriteAfterTheCloseByAnotherThreadIsNoFault() throws IOException {
    Fault closedElsewhere =
        (id, writer, data) -> {
          Thread other = new Thread(() -> writer.closeSocket(id));
          other.start();
          try {
            other.join();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    try (SluiceNode node = SluiceNode.with(new Faulty(closedElsewhere)).start()) {
      talk(node, false);
      assertThat(node.counter("contract_write_after_close")).isZero();
    }
  }

  @Test
  void aBorrowedBufferThatIsReleased() throws IOException {
    breaks("released_borrowed", true, new Faulty((id, writer, data) -> data.release()));
  }

  @Test
  void aBorrowedBufferThatIsKept() throws IOException {
    AtomicReference<ByteBuf> kept = new AtomicReference<>();
    SluiceNode node =
        SluiceNode.with(
                new Faulty(
                    (id, writer, data) -> {
                      ByteBuf before = kept.getAndSet(data);
                      if (before != null) {
                        before.readByte();
                      }
                    }))
            .start();
    try (Socket client = node.connect()) {
      client.getOutputStream().write('a');
      assertThat(client.getInputStream().readNBytes(4)).hasSize(4);
      client.getOutputStream().write('b');
      assertThat(client.getInputStream().read()).isNegative();
    }
    node.awaitClosed();
    assertThatThrownBy(node::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("contract_kept_borrowed on plain");
  }

  @Test
  void aReleasedBufferThatIsWritten() throws IOException {
    SluiceNode node =
        SluiceNode.with(
                new Faulty(
                    (id, writer, data) -> {
                      ByteBuf gone = Unpooled.buffer(1).writeByte(1);
                      gone.release();
                      writer.writeOutbound(id, gone);
                    }))
            .start();
    try (Socket client = node.connect()) {
      client.getOutputStream().write('a');
      RunningNode.await(() -> node.counter("contract_released_written") == 1);
    }
    node.awaitClosed();
    assertThatThrownBy(node::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("contract_released_written on plain");
  }

  @Test
  void theIdOfAnotherConnection() throws IOException {
    breaks("wrong_id", true, new Faulty((id, writer, data) -> writer.isWritable(OTHER)));
  }

  @Test
  void inputThatIsHeldForEverIsCountedAndFailsNothing() throws IOException {
    Fault holding =
        (id, writer, data) -> {
          writer.hold(id, 5);
          writer.context(id).execute(() -> writer.closeSocket(id));
        };
    try (SluiceNode node = SluiceNode.with(new Faulty(holding)).start()) {
      talk(node, true);
      assertThat(node.counter("contract_held_at_end")).isEqualTo(1);
    }
  }

  @Test
  void aTaskAfterTheEnd() throws IOException {
    breaks(
        "task_after_end",
        true,
        new Faulty(
            Execution.WORKERS,
            (id, writer, data) -> {},
            (id, writer, data) -> writer.context(id).execute(() -> {})));
  }

  @Test
  void writesToAClientThatDoesNotRead() throws IOException {
    SluiceNode node =
        SluiceNode.with(
                new Faulty(
                    (id, writer, data) -> {
                      for (int part = 0; part < 200; part++) {
                        writer.writeOutbound(id, Unpooled.wrappedBuffer(new byte[100_000]));
                      }
                    }))
            .start();
    try (Socket client = node.connect()) {
      client.getOutputStream().write('a');
      RunningNode.await(() -> node.counter("contract_write_not_writable") == 1);
      assertThat(node.counter("contract_write_not_writable")).isEqualTo(1);
    }
    node.awaitClosed();
    assertThatThrownBy(node::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("contract_write_not_writable on plain");
  }

  @Test
  void aCallThatBlocksItsLoopIsCountedAndFailsNothing() throws IOException {
    Fault blocking =
        (id, writer, data) -> {
          long until = System.nanoTime() + 150_000_000;
          while (System.nanoTime() - until < 0) {
            LockSupport.parkNanos(until - System.nanoTime()); // the fault itself
          }
        };
    try (SluiceNode node =
        SluiceNode.with(new Faulty(Execution.EVENT_LOOP, blocking, (id, writer, data) -> {}))
            .start()) {
      talk(node, true);
      assertThat(node.counter("contract_event_loop_blocked")).isEqualTo(1);
    }
  }

  @Test
  void aNodeMayCloseSuchConnectionsAndNotLookAtAll() throws IOException {
    Faulty wrongId = new Faulty((id, writer, data) -> writer.isWritable(OTHER));
    SluiceNode closing = SluiceNode.with(wrongId).nodeSettings("strict_close: true").start();
    try (Socket client = closing.connect()) {
      client.getOutputStream().write('a');
      assertThatThrownBy(() -> assertThat(client.getInputStream().read()).isNotNegative())
          .isInstanceOfAny(IOException.class, AssertionError.class);
    }
    closing.awaitClosed();
    assertThatThrownBy(closing::close).isInstanceOf(AssertionError.class);

    try (SluiceNode blind = SluiceNode.with(wrongId).nodeSettings("strict: false").start()) {
      talk(blind, true);
    }
  }
}
