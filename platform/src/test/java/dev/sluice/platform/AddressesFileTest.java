// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.platform.Waiting.Side;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who reads the file finds all of it, and a node that answers. */
class AddressesFileTest {

  private static final String NAME = "addresses.json";

  @TempDir Path folder;
  private NodeHouse house;
  private Path file;

  @BeforeEach
  void build() {
    house = new NodeHouse(folder).plugin("PROBE");
    file = folder.resolve(NAME);
  }

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void namesEveryInterfaceWithItsResolvedAddress() throws Exception {
    house.serve("one", "PROBE").serve("two", "PROBE").set("rpc_addresses_file: " + NAME);

    Node node = house.start();

    Map<String, String> read = read(file);
    assertThat(List.copyOf(read.keySet())).containsExactly("one", "two");
    node.addresses()
        .forEach(
            (name, address) ->
                assertThat(read.get(name)).isEqualTo("127.0.0.1:" + address.getPort()));
    assertThat(filesBesideThePlugins()).containsExactly(NAME);
  }

  @Test
  void anIpv6AddressIsInBrackets() throws Exception {
    assumeThat(Files.exists(Path.of("/proc/net/if_inet6"))).as("the machine has IPv6").isTrue();
    house.serveAt("[::1]:0", "six", "PROBE").set("rpc_addresses_file: " + NAME);

    Node node = house.start();

    Map<String, String> read = read(file);
    assertThat(read.get("six")).matches("\\[(::1|0:0:0:0:0:0:0:1)]:[1-9][0-9]*");
    try (Client client = Client.plain(node.addresses().get("six"))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
    }
  }

  @Test
  void isWholeAndTheNodeAnswersAsSoonAsItIsThere() throws Exception {
    for (int round = 0; round < 5; round++) {
      Path next = folder.resolve("round-" + round + ".json");
      try (NodeHouse another = new NodeHouse(Files.createDirectory(folder.resolve("n" + round)))) {
        another.plugin("PROBE").set("rpc_addresses_file: " + next);
        for (int i = 0; i < 20; i++) {
          another.serve("i" + i, "PROBE");
        }
        Side<Boolean> reader =
            Side.call(
                () -> {
                  Waiting.until("the file is there", () -> Files.exists(next));
                  Map<String, String> read = read(next);
                  assertThat(read).hasSize(20);
                  try (Client client = Client.plain(Client.loopback(read.get("i19")))) {
                    return client.ask("hello").equals("hello");
                  }
                });
        another.start();
        assertThat(reader.result()).isTrue();
      }
    }
  }

  @Test
  void replacesTheFileOfAnEarlierRun() throws Exception {
    Files.writeString(
        file, "{ \"one\": \"127.0.0.1:1\", \"gone\": \"127.0.0.1:2\" }" + "x".repeat(999));
    house.serve("one", "PROBE").set("rpc_addresses_file: " + NAME);

    Node node = house.start();

    assertThat(read(file)).isEqualTo(Map.of("one", AddressText.of(node.addresses().get("one"))));
  }

  @Test
  void aFileThatCantBeWrittenEndsTheStartAndLeavesNothing() throws Exception {
    List<Path> impossible = new ArrayList<>();
    impossible.add(folder.resolve("absent/addresses.json"));
    impossible.add(Files.createDirectory(folder.resolve("folder.json")));
    Path occupied = Files.createDirectory(folder.resolve("occupied.json.new"));
    Files.writeString(occupied.resolve("x"), "x");
    impossible.add(folder.resolve("occupied.json"));
    for (Path path : impossible) {
      int port = NodeHouse.freePort();
      try (NodeHouse another = new NodeHouse(folder.resolve("n-" + path.getFileName()))) {
        another
            .plugin("PROBE")
            .serveAt("127.0.0.1:" + port, "one", "PROBE")
            .set("rpc_addresses_file: " + path);

        assertThatThrownBy(another::start)
            .isInstanceOf(NodeException.class)
            .message()
            .startsWith("rpc_addresses_file " + path + " can't be written: ")
            .doesNotContain("\n");

        NodeHouse.assertFree(port);
        another.awaitNoThread();
        assertThat(another.probe.events()).containsExactly("PROBE start", "PROBE stop");
      }
      assertThat(Files.isRegularFile(path)).as("%s is there", path).isFalse();
    }
  }

  @Test
  void aNodeThatCantListenWritesNone() throws Exception {
    try (var taken = NodeHouse.taken()) {
      house
          .serveAt("127.0.0.1:" + taken.getLocalPort(), "one", "PROBE")
          .set("rpc_addresses_file: " + NAME);

      assertThatThrownBy(house::start).isInstanceOf(NodeException.class);
    }
    assertThat(filesBesideThePlugins()).isEmpty();
  }

  private static Map<String, String> read(Path file) throws IOException {
    return new ObjectMapper().readValue(file.toFile(), new TypeReference<>() {});
  }

  private List<String> filesBesideThePlugins() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(path -> path.getFileName().toString())
          .sorted()
          .toList();
    }
  }
}
