// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.examples.lineecho.LineEcho;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What the end of a node in a test looks at. It looks at the process, so nothing runs beside it.
 */
@Isolated
class NodeEndsTest {

  private static final int NODES = 100;

  /** Keeps a part of what it reads, and knows where. */
  static final class Keeping implements CustomProtocolSubsystem {

    final ConcurrentLinkedQueue<ByteBuf> kept = new ConcurrentLinkedQueue<>();

    @Override
    public String name() {
      return "KEEPING";
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new PlaintextSession(id, writer, 100) {
        @Override
        protected boolean parse(ByteBuf in) {
          kept.add(context().allocator().buffer().writeBytes(in));
          close(CloseReason.PEER_CLOSED);
          return true;
        }
      };
    }
  }

  private static void say(Socket connected, String line) throws IOException {
    try (Socket socket = connected) {
      socket.getOutputStream().write(line.getBytes(US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void aBufferThatTheProtocolKeptFailsTheEndAndIsNamed() throws Exception {
    Keeping protocol = new Keeping();
    SluiceNode node = SluiceNode.with(protocol).start();
    Path folder = node.certificateFile().getParent();
    say(node.connect(), "mine\n");
    node.awaitClosed();

    assertThatThrownBy(node::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("behind the node's end there is left: a buffer of")
        .hasMessageContaining("allocated at dev.sluice.nodetest.NodeEndsTest$Keeping");
    assertThat(folder).doesNotExist();
    protocol.kept.forEach(ByteBuf::release);
    node.close();
  }

  @Test
  void aConnectionThatTheTestLeftOpenIsEndedWithTheNode() throws Exception {
    SluiceNode node =
        SluiceNode.with(new LineEcho()).nodeSettings("drain_timeout: 100ms").tls().start();
    try (Socket left = node.connectTls()) {
      left.getOutputStream().write("half a line".getBytes(US_ASCII));
      node.close();
      assertThatThrownBy(node::plainAddress).hasMessageContaining("does not run");
    }
  }

  @Test
  void aNodeThatCanNotStartLeavesNothing() throws Exception {
    Set<Path> before = folders();
    SluiceNode node = SluiceNode.with(new LineEcho()).settings("max_line_lenght: 8KB");

    assertThatThrownBy(node::start)
        .hasMessageContaining("max_line_lenght")
        .hasMessageContaining("max_line_length");
    assertThat(folders()).isEqualTo(before);
    node.close();
  }

  private static Set<Path> folders() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("sluice-node"))
          .collect(Collectors.toSet());
    }
  }

  @Test
  void aHundredNodesLeaveNeitherThreadsNorFiles() throws Exception {
    serve(3, "");
    long files = openFiles();
    Set<Thread> threads = Thread.getAllStackTraces().keySet();
    serve(NODES, "event_loop_threads: 1\nworker_threads: 1");

    List<Thread> left = new ArrayList<>(Thread.getAllStackTraces().keySet());
    left.removeAll(threads);
    left.removeIf(thread -> !thread.getName().startsWith("sluice-"));
    assertThat(left).isEmpty();
    assertThat(openFiles()).isLessThan(files + NODES / 4);
  }

  private static void serve(int nodes, String settings) throws IOException {
    for (int i = 0; i < nodes; i++) {
      try (SluiceNode node = SluiceNode.with(new LineEcho()).nodeSettings(settings).tls().start()) {
        try (Socket socket = node.connectTls()) {
          socket.getOutputStream().write("one\n".getBytes(US_ASCII));
          assertThat(socket.getInputStream().readNBytes(4)).hasSize(4);
        }
      }
    }
  }

  private static long openFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  @Test
  void severalNodesRunBesideOneAnother() throws Exception {
    try (SluiceNode one = SluiceNode.with(new LineEcho()).start();
        SluiceNode other = SluiceNode.with(new LineEcho()).start()) {
      assertThat(one.plainAddress()).isNotEqualTo(other.plainAddress());
      for (SluiceNode each : List.of(one, other, one)) {
        try (Socket socket = each.connect()) {
          socket.getOutputStream().write('\n');
          assertThat(socket.getInputStream().read()).isEqualTo('\n');
        }
      }
    }
  }
}
