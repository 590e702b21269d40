// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.Module;
import com.google.inject.Provider;
import dev.sluice.transport.epoll.EpollTransport;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A start succeeds as a whole, or says why in one line and leaves nothing behind. */
class NodeStartTest {

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void build() {
    house = new NodeHouse(folder);
  }

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void aPortInUseEndsTheStartAndEverythingElseIsReleased() throws Exception {
    int free = NodeHouse.freePort();
    try (ServerSocket taken = NodeHouse.taken()) {
      house
          .plugin("FIRST")
          .plugin("SECOND")
          .serveAt("127.0.0.1:" + free, "one", "FIRST")
          .serveAt("127.0.0.1:" + taken.getLocalPort(), "two", "SECOND")
          .serve("three", "FIRST");

      assertThatThrownBy(house::start)
          .isInstanceOf(NodeException.class)
          .hasMessage(
              "interface two: can't bind 127.0.0.1:%d: Address already in use",
              taken.getLocalPort());

      NodeHouse.assertFree(free);
    }
    house.awaitNoThread();
    assertThat(house.probe.events())
        .containsExactly("FIRST start", "SECOND start", "SECOND stop", "FIRST stop");
    assertThat(house.log()).isEmpty();
  }

  @Test
  void theStartSucceedsOnceThePortIsFree() throws Exception {
    try (ServerSocket taken = NodeHouse.taken()) {
      house.plugin("PROBE").serveAt("127.0.0.1:" + taken.getLocalPort(), "one", "PROBE");
      assertThatThrownBy(house::start).isInstanceOf(NodeException.class);
    }

    Node node = house.start();

    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
    }
  }

  @Test
  void aSecondNodeOnThePortFailsAndTheFirstIsNotDisturbed() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE");
    Node first = house.start();
    int port = first.addresses().get("one").getPort();
    try (NodeHouse other = new NodeHouse(folder.resolve("other"))) {
      other.plugin("PROBE").serveAt("127.0.0.1:" + port, "same", "PROBE");

      assertThatThrownBy(other::start)
          .isInstanceOf(NodeException.class)
          .hasMessage("interface same: can't bind 127.0.0.1:%d: Address already in use", port);

      other.awaitNoThread();
      assertThat(other.probe.events()).containsExactly("PROBE start", "PROBE stop");
    }
    for (int i = 0; i < 20; i++) {
      try (Client client = Client.plain(first.addresses().get("one"))) {
        assertThat(client.ask("hello")).isEqualTo("hello");
      }
    }
  }

  @Test
  void thePortOfAnEndedNodeCanBeTakenAtOnce() throws Exception {
    int port = NodeHouse.freePort();
    house.plugin("PROBE").serveAt("127.0.0.1:" + port, "one", "PROBE");
    for (int round = 0; round < 3; round++) {
      Node node = house.start();
      try (Client client = Client.plain(node.addresses().get("one"))) {
        assertThat(client.ask("hello")).isEqualTo("hello");
        // The node closes first, so that the old connection lingers on its side.
        client.say("close");
        assertThat(client.end()).isEqualTo("end of stream");
      }
      house.end(node);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "java.lang.IllegalStateException no luck|no luck",
        "java.io.IOException no disk|no disk",
        "java.lang.NoClassDefFoundError q/R|q/R",
        "java.lang.AssertionError never|never",
        "java.lang.StackOverflowError deep|deep",
      })
  void aProtocolThatCantStartEndsTheStart(String thrown, String said) throws Exception {
    int free = NodeHouse.freePort();
    house
        .plugin("FIRST")
        .plugin("SECOND", "start=" + thrown)
        .plugin("THIRD")
        .serveAt("127.0.0.1:" + free, "one", "FIRST")
        .serve("two", "SECOND")
        .serve("three", "THIRD");

    assertThatThrownBy(house::start)
        .isInstanceOf(NodeException.class)
        .hasMessageStartingWith("protocol SECOND of second.jar can't start: ")
        .hasMessageEndingWith(said);

    NodeHouse.assertFree(free);
    house.awaitNoThread();
    // Also the one that threw: it may have begun something.
    assertThat(house.probe.events())
        .containsExactly("FIRST start", "SECOND start", "SECOND stop", "FIRST stop");
  }

  /** With event loops that run already. */
  @ParameterizedTest
  @ValueSource(
      classes = {IllegalStateException.class, AssertionError.class, StackOverflowError.class})
  void aPartThatCantBeMadeEndsTheStartAndNoThreadIsLeft(Class<? extends Throwable> thrown)
      throws Exception {
    Throwable failure = thrown.getConstructor().newInstance();
    house.plugin("PROBE").serve("one", "PROBE");

    for (Module overriding : List.of(failingManager(failure), failingAddition(failure))) {
      assertThatThrownBy(() -> Node.start(house.plan(), overriding))
          .isInstanceOf(NodeException.class)
          .hasMessageStartingWith("can't start: ")
          .hasRootCause(failure);
      house.awaitNoThread();
    }
    assertThat(house.probe.events()).isEmpty();
  }

  private static Module failingManager(Throwable failure) {
    return binder -> {
      Provider<EpollTransport> transport = binder.getProvider(EpollTransport.class);
      binder
          .bind(RpcConnectionManager.class)
          .toProvider(
              () -> {
                fail(transport.get(), failure);
                return null;
              });
    };
  }

  /** Behind the manager, which has opened outbound connections then. */
  private static Module failingAddition(Throwable failure) {
    return binder -> {
      Provider<RpcConnectionManager> manager = binder.getProvider(RpcConnectionManager.class);
      binder
          .bind(Runnable.class)
          .toProvider(
              () -> {
                fail(manager.get(), failure);
                return null;
              })
          .asEagerSingleton();
    };
  }

  private static void fail(Object made, Throwable failure) {
    assertThat(made).isNotNull();
    if (failure instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) failure;
  }

  @Test
  void bindingsThatCantBeReadEndTheStart() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE");
    Module failing =
        binder -> {
          throw new StackOverflowError();
        };

    assertThatThrownBy(() -> Node.start(house.plan(), failing)).isInstanceOf(NodeException.class);

    house.awaitNoThread();
  }

  @Test
  void whateverAProtocolSaysTheErrorIsOneLine() {
    house
        .plugin("PROBE", "start=java.lang.IllegalStateException one\ntwo\r\nthree")
        .serve("one", "PROBE");

    assertThatThrownBy(house::start)
        .isInstanceOf(NodeException.class)
        .hasMessage("protocol PROBE of probe.jar can't start: one two three");
  }

  @ParameterizedTest
  @CsvSource({"java.lang.IllegalStateException no", "java.lang.AssertionError never"})
  void aProtocolThatFailsToStopHindersNobody(String thrown) throws Exception {
    house
        .plugin("FIRST")
        .plugin("SECOND", "stop=" + thrown)
        .serve("one", "FIRST")
        .serve("two", "SECOND");
    Node node = house.start();

    node.stop();

    house.awaitNoThread();
    NodeHouse.assertFree(node.addresses().get("one"));
    assertThat(house.probe.events())
        .containsExactly("FIRST start", "SECOND start", "SECOND stop", "FIRST stop");
    assertThat(house.log())
        .contains("WARN protocol SECOND of second.jar failed to stop")
        .last()
        .asString()
        .startsWith("INFO stopped");
  }

  @Test
  void whatCantEvenBeToldHindersNobody() throws Exception {
    house
        .plugin("FIRST")
        .plugin("SECOND", "stop=probe.Unspeakable x")
        .serve("one", "FIRST")
        .serve("two", "SECOND");
    Node node = house.start();

    node.stop();

    house.awaitNoThread();
    NodeHouse.assertFree(node.addresses().get("one"));
    assertThat(house.probe.events())
        .containsExactly("FIRST start", "SECOND start", "SECOND stop", "FIRST stop");
    assertThat(node.drainReport().phase()).isEqualTo(DrainReport.Phase.STOPPED);
    assertThat(house.log()).last().asString().startsWith("INFO stopped");
  }

  @Test
  void aStartThatFailsWithoutWordsIsAFailedStartToo() {
    house.plugin("PROBE", "start=probe.Unspeakable x").serve("one", "PROBE");

    assertThatThrownBy(house::start)
        .isInstanceOf(NodeException.class)
        .hasMessage("protocol PROBE of probe.jar can't start: probe.Unspeakable");

    house.awaitNoThread();
    assertThat(house.probe.events()).containsExactly("PROBE start", "PROBE stop");
  }

  @Test
  void aProtocolIsStartedOncePerNodeAndOneThatNobodyNamesNotAtAll() throws Exception {
    house
        .plugin("USED")
        .plugin("UNUSED")
        .plugin("ALSO")
        .serve("one", "USED")
        .serve("two", "USED")
        .serve("three", "ALSO")
        .serve("four", "USED");
    Node node = house.start();
    for (String name : new String[] {"one", "two", "three", "four"}) {
      try (Client client = Client.plain(node.addresses().get(name))) {
        assertThat(client.ask("hello")).isEqualTo("hello");
      }
    }

    node.stop();

    assertThat(house.probe.events().stream().filter(event -> !event.contains("c")).toList())
        .containsExactly("USED start", "ALSO start", "ALSO stop", "USED stop");
    // After the last session has ended.
    assertThat(house.probe.events()).endsWith("ALSO stop", "USED stop");
  }

  @Test
  void theNodesThreadsHaveItsOwnContextClassLoaderWhoeverStartsIt() throws Exception {
    house.certificate();
    house.plugin("PROBE").serve("one", "PROBE");
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader foreign = new URLClassLoader(new URL[0])) {
      thread.setContextClassLoader(foreign);
      Node node = house.start();
      assertThat(thread.getContextClassLoader()).isSameAs(foreign);
      try (Client client = Client.plain(node.addresses().get("one"))) {
        assertThat(client.ask("hello")).isEqualTo("hello");
      }
    } finally {
      thread.setContextClassLoader(before);
    }

    assertThat(NodeHouse.sluiceThreads())
        .extracting(Thread::getName)
        .anyMatch(name -> name.startsWith("sluice-loop"))
        .anyMatch(name -> name.startsWith("sluice-certificates"))
        .anyMatch(name -> name.startsWith("sluice-worker"));
    assertThat(NodeHouse.sluiceThreads())
        .allMatch(each -> each.getContextClassLoader() == Node.class.getClassLoader());
  }

  @Test
  void aTaskForTheWorkersHasItsPluginsClassLoaderAndLeavesNone() throws Exception {
    house.plugin("PROBE", "tasks=64").serve("one", "PROBE");
    house.start();
    Waiting.until(
        "all tasks have run",
        () -> house.probe.events().stream().filter("PROBE task"::equals).count() == 64);

    Waiting.until(
        "every worker has the node's class loader",
        () ->
            NodeHouse.sluiceThreads().stream()
                .filter(each -> each.getName().startsWith("sluice-worker"))
                .allMatch(each -> each.getContextClassLoader() == Node.class.getClassLoader()));
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS", "VIRTUAL_THREADS"})
  void everyCallIntoAPluginHasItsOwnContextClassLoader(String execution) throws Exception {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    house
        .plugin("PROBE", "execution=" + execution)
        .serve("one", "PROBE", "max_open_sessions_soft: 1", "linger_timeout: 100ms");
    Node node = house.start();
    try (Client served = Client.plain(node.addresses().get("one"));
        Client capped = Client.plain(node.addresses().get("one"))) {
      assertThat(served.ask("hello")).isEqualTo("hello");
      assertThat(capped.ask("hello")).isEqualTo("full");
      node.stop();
    }

    assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
    // The probe adds to an event where it was told with another class loader.
    assertThat(house.probe.events())
        .startsWith("PROBE start", "PROBE create", "PROBE createCapped")
        .contains("PROBE drain at once", "PROBE closed session_closed")
        .endsWith("PROBE stop")
        .allMatch(event -> !event.contains("foreign"));
  }
}
