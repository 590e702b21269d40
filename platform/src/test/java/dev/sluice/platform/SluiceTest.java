// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.ProvisionException;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.name.Names;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node as a part of another program. */
class SluiceTest {

  private static final String ONE =
      """
      network:
        rpc_interfaces:
          one: { bind_address: "127.0.0.1:0", app_protocol: PREFIX }
      event_loop_threads: 1
      worker_threads: 1
      """;

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

  /** Answers with what it was given before what it reads; a line is a read here. */
  static final class Prefix implements CustomProtocolSubsystem {

    private final String prefix;

    @Inject
    Prefix(@Named("prefix") String prefix) {
      this.prefix = prefix;
    }

    @Override
    public String name() {
      return "PREFIX";
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new PlaintextSession(id, writer, 100) {
        @Override
        protected boolean parse(ByteBuf in) {
          int length = in.bytesBefore((byte) '\n') + 1;
          if (length > 0) {
            send(ByteBufUtil.writeAscii(context().allocator(), prefix));
            send(in.readRetainedSlice(length));
          }
          return true;
        }
      };
    }
  }

  private static String ask(Node node, String text) throws Exception {
    try (Client client = Client.plain(node.addresses().get("one"))) {
      return client.ask(text);
    }
  }

  @Test
  void aProgramServesAProtocolOfItsOwnAndAnEndOfItsOwn() throws Exception {
    Node kept;
    try (Node node =
        Sluice.builder().configuration(ONE, folder).protocol(new Prefix("a ")).start()) {
      kept = node;
      assertThat(ask(node, "b")).isEqualTo("a b");
    }
    assertThat(kept.ready()).isFalse();
    NodeHouse.assertFree(kept.addresses().get("one"));
  }

  @Test
  void jarsOfAFolderAreServedBesideIt() throws Exception {
    house.plugin("PROBE");
    try (Node node =
        Sluice.builder()
            .configuration(ONE, folder)
            .set("network.rpc_interfaces.two.bind_address=127.0.0.1:0")
            .set("network.rpc_interfaces.two.app_protocol=PROBE")
            .protocol(new Prefix("a "))
            .pluginsDir(house.plugins())
            .start()) {
      assertThat(ask(node, "b")).isEqualTo("a b");
      try (Client client = Client.plain(node.addresses().get("two"))) {
        assertThat(client.ask("hello")).isEqualTo("hello");
      }
    }
  }

  @Test
  void aFileIsReadAsByTheCommand() throws Exception {
    Path file = Files.writeString(folder.resolve("node.yaml"), ONE);
    try (Node node = Sluice.builder().configuration(file).protocol(new Prefix("f ")).start()) {
      assertThat(ask(node, "b")).isEqualTo("f b");
    }
  }

  @Test
  void aProtocolThatCanNotBeServedIsNotLeftOutInSilence() {
    Sluice.Builder twice =
        Sluice.builder()
            .configuration(ONE, folder)
            .protocol(new Prefix("a "))
            .protocol(new Prefix("b "));

    assertThatThrownBy(twice::start)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PREFIX of the program is refused: this name is provided by");
  }

  @Test
  void aProtocolThatNobodyGaveIsSaidWithThoseThatThereAre() {
    assertThatThrownBy(
            () ->
                Sluice.builder()
                    .configuration(ONE.replace("PREFIX", "PREFX"), folder)
                    .protocol(new Prefix("a "))
                    .start())
        .hasMessageContaining("no protocol is named 'PREFX', did you mean PREFIX?")
        .hasMessageContaining("known in the program: PREFIX");
  }

  /** The program's own objects are given what it has; the node's part is replaced. */
  @Test
  void anInjectorOfTheProgramHasTheNodeInIt() throws Exception {
    UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    Sluice.Builder builder =
        Sluice.builder()
            .configuration(ONE, folder)
            .override(binder -> binder.bind(ByteBufAllocator.class).toInstance(allocator));
    SluiceModule module = new SluiceModule(builder);
    builder.set("network.rpc_interfaces.one.app_protocol=NOT_HEARD");
    Injector injector =
        Guice.createInjector(
            module,
            new AbstractModule() {
              @Override
              protected void configure() {
                bindConstant().annotatedWith(Names.named("prefix")).to("injected ");
                Multibinder.newSetBinder(binder(), CustomProtocolSubsystem.class)
                    .addBinding()
                    .to(Prefix.class);
              }
            });

    try (Node node = injector.getInstance(Node.class)) {
      assertThat(injector.getInstance(Node.class)).isSameAs(node);
      assertThat(ask(node, "b")).isEqualTo("injected b");
      assertThat(node.manager().transport().options().allocator()).isSameAs(allocator);
    }
    Set<?> bound =
        injector.getInstance(Key.get(new TypeLiteral<Set<CustomProtocolSubsystem>>() {}));
    assertThat(bound).hasSize(1);
  }

  @Test
  void aNodeThatCanNotStartIsTheCauseOfTheInjectorsException() {
    Injector injector =
        Guice.createInjector(new SluiceModule(Sluice.builder().configuration(ONE, folder)));

    assertThatThrownBy(() -> injector.getInstance(Node.class))
        .isInstanceOf(ProvisionException.class)
        .hasMessageContaining("no protocol is named 'PREFIX'");
  }
}
