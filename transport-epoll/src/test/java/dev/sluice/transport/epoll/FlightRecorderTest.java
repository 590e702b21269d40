// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.session.bridge.CloseRecord;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What ends a connection reaches Java Flight Recorder while somebody records. */
@Isolated("It records the whole process, where a port may be another client's too.")
class FlightRecorderTest {

  @TempDir private Path folder;

  private final Probe probe = new Probe();

  /** The recorder knows the kinds of events before it is to record some, whoever came first. */
  @BeforeEach
  void eventsAreKnown() throws Exception {
    FlightRecorder recorder = FlightRecorder.getFlightRecorder();
    Probe other = new Probe();
    try (TestNode node = new TestNode(TestNode.options().withCloseRecords(1))) {
      OpenSslServer server = node.serve(other).caps(1, 1).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("hello");
        assertThat(client.receive(5)).isEqualTo("hello");
        try (WireClient over = WireClient.to(server)) {
          assertThat(over.receiveAll()).isEmpty();
        }
      }
    }
    assertThat(recorder.getEventTypes())
        .extracting(EventType::getName)
        .contains("dev.sluice.ConnectionClosed", "dev.sluice.ConnectionRefused");
  }

  @Test
  void closesAndRefusalsAreEvents() throws Exception {
    Path file = folder.resolve("sluice.jfr");
    String interfaceName;
    CloseRecord record;
    int overPort;
    try (Recording recording = new Recording()) {
      recording.enable("dev.sluice.ConnectionClosed");
      recording.enable("dev.sluice.ConnectionRefused");
      recording.start();
      try (TestNode node = new TestNode(TestNode.options().withCloseRecords(16))) {
        OpenSslServer server = node.serve(probe).caps(1, 1).listen();
        interfaceName = server.options().name();
        try (WireClient client = WireClient.to(server)) {
          client.send("hello");
          assertThat(client.receive(5)).isEqualTo("hello");
          probe.session().context.note("a note");
          node.transport
              .connections()
              .find(probe.session().id)
              .orElseThrow()
              .servedWith(new CertificateVersion("service", 2));
          try (Socket over =
              new Socket(server.address().getAddress(), server.address().getPort())) {
            overPort = over.getLocalPort();
          }
          // What is counted as refused may not have its record yet, and the close is to be the
          // last.
          TestNode.await("refused", () -> node.transport.connections().closeRecords().total() == 1);
          probe.session().close();
          assertThat(client.receiveAll()).isEmpty();
        }
        TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
        record = node.transport.connections().closeRecords().latest(1).get(0);
      }
      recording.stop();
      recording.dump(file);
    }
    RecordedEvent closed = only(file, "dev.sluice.ConnectionClosed", record.remote().orElseThrow());
    assertThat(closed.getString("interfaceName")).isEqualTo(interfaceName);
    assertThat(closed.getString("protocol")).isEqualTo("PROBE");
    assertThat(closed.getLong("id")).isEqualTo(record.id());
    assertThat(closed.getString("reason")).isEqualTo("session_closed");
    assertThat(closed.getString("closedBy")).isEqualTo("SESSION");
    assertThat(closed.getString("limit")).isNull();
    assertThat(closed.getString("note")).isEqualTo("a note");
    assertThat(closed.getString("certificate")).isEqualTo("service#2");
    assertThat(closed.getLong("bytesIn")).isEqualTo(5);
    assertThat(closed.getLong("bytesOut")).isEqualTo(5);
    assertThat(closed.getDuration("age")).isBetween(Duration.ofNanos(1), TestNode.PATIENCE);
    assertThat(closed.getLong("sequence")).isEqualTo(record.sequence());
    EventType type = closed.getEventType();
    assertThat(type.getLabel()).isEqualTo("Connection Closed");
    assertThat(type.getCategoryNames()).containsExactly("Sluice");
    RecordedEvent refused = only(file, "dev.sluice.ConnectionRefused", "127.0.0.1:" + overPort);
    assertThat(refused.getString("reason")).isEqualTo("hard_cap");
    assertThat(refused.getString("limit")).isEqualTo("max_open_sessions_hard");
    assertThat(refused.getString("closedBy")).isEqualTo("NODE");
  }

  /** A ring of none does not take the events away. */
  @Test
  void eventsComeWithoutARingToo() throws Exception {
    Path file = folder.resolve("sluice.jfr");
    String remote;
    try (Recording recording = new Recording()) {
      recording.enable("dev.sluice.ConnectionClosed");
      recording.start();
      try (TestNode node = new TestNode(TestNode.options().withCloseRecords(0))) {
        OpenSslServer server = node.serve(probe).listen();
        try (WireClient client = WireClient.to(server)) {
          client.send("hello");
          assertThat(client.receive(5)).isEqualTo("hello");
        }
        remote =
            NetUtil.toSocketAddressString(
                (InetSocketAddress) probe.session().context.remoteAddress());
        TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      }
      recording.stop();
      recording.dump(file);
    }
    assertThat(only(file, "dev.sluice.ConnectionClosed", remote).getString("reason"))
        .isEqualTo("peer_closed");
  }

  private static RecordedEvent only(Path file, String name, String remote) throws Exception {
    List<RecordedEvent> found =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals(name))
            .filter(event -> remote.equals(event.getString("remote")))
            .toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }
}
