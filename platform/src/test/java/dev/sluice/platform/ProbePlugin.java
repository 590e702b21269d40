// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.platform.plugin.PluginJars;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plug-in jars of a protocol that echoes lines and does as some lines say, and what their classes
 * told: they share nothing with a test but the JDK, so they meet in a system property.
 *
 * <pre>
 *   mark         answers its interface's setting
 *   id           answers the connection's id
 *   flood N      answers N bytes
 *   hang         does not return before {@link #release} "hang", whatever comes
 *   keep         keeps the session beyond its end
 *   drain later  asked to drain, waits for {@link #release} "drain", says "done", closes
 *   drain never  asked to drain, does nothing
 *   call HOST:PORT PROTOCOL LINE
 *                connects, says the line, and answers "heard" and what came back, or "failed" and why
 *   close        closes
 * </pre>
 */
final class ProbePlugin implements AutoCloseable {

  private static final AtomicInteger NUMBER = new AtomicInteger();

  /** Compiled once: what differs between jars is in a file of theirs. */
  private static final byte[] JAR = compile();

  private final String key = "sluice.test.probe." + NUMBER.incrementAndGet();
  private final Queue<String> events = new ConcurrentLinkedQueue<>();
  private final Map<String, Object> shared = new ConcurrentHashMap<>(Map.of("events", events));

  ProbePlugin() {
    System.getProperties().put(key, shared);
  }

  /**
   * Puts a jar into a folder.
   *
   * @param more {@code execution=..}, {@code alpn=..} with commas, {@code detects=..} a prefix,
   *     {@code speaks=first}, {@code client=..}, {@code start=..} and {@code stop=..}; the latter
   *     two name an exception to throw, with its message behind a space ({@code probe.Unspeakable}
   *     has one that can't be asked for), and a client's side is there where it is named, {@code
   *     quits} or {@code stays} when it is drained; {@code tasks=N} gives the workers as many,
   *     which leave a foreign context class loader and, every second one, throw
   */
  void writeTo(Path folder, String jar, String protocol, String... more) {
    Properties properties = new Properties();
    properties.putAll(
        Map.of("key", key, "name", protocol, "execution", "WORKERS", "transports", "TCP"));
    for (String each : more) {
      int at = each.indexOf('=');
      properties.put(each.substring(0, at), each.substring(at + 1));
    }
    try {
      StringWriter text = new StringWriter();
      properties.store(text, null);
      Path file = Files.write(folder.resolve(jar), JAR);
      try (FileSystem zip = FileSystems.newFileSystem(file)) {
        Files.writeString(zip.getPath("probe.properties"), text.toString());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What happened so far, each with the protocol's name before it. */
  List<String> events() {
    return List.copyOf(events);
  }

  void awaitEvent(String event) {
    Waiting.until(event + " in " + events, () -> events.contains(event));
  }

  /** Holds "stop" back until {@link #release}; "hang" and "drain" are held in any case. */
  void hold(String what) {
    shared.put(what, new CountDownLatch(1));
  }

  void release(String what) {
    ((CountDownLatch) shared.computeIfAbsent(what, w -> new CountDownLatch(1))).countDown();
  }

  /** Sessions that were told to stay. */
  Collection<?> kept() {
    return (Collection<?>) shared.getOrDefault("kept", List.of());
  }

  @Override
  public void close() {
    List.of("hang", "drain", "stop").forEach(this::release);
    System.getProperties().remove(key);
  }

  private static byte[] compile() {
    try {
      Path folder = Files.createTempDirectory("probe-plugin");
      Path jar =
          PluginJars.jar("probe.jar")
              .source("probe.Probe", SUBSYSTEM)
              .source("probe.ProbeSession", SESSION)
              .source("probe.ProbeClient", CLIENT)
              .source("probe.Unspeakable", UNSPEAKABLE)
              .provider("probe.Probe")
              .writeTo(folder);
      byte[] bytes = Files.readAllBytes(jar);
      Files.delete(jar);
      Files.delete(folder);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final String SUBSYSTEM =
      """
      package probe;

      import dev.sluice.api.*;
      import java.io.*;
      import java.util.*;
      import java.util.concurrent.*;

      public final class Probe implements CustomProtocolSubsystem {
        public record Settings(
            @Setting(description = "What mark answers.", defaultValue = "unmarked") String mark) {}

        private final Properties said = new Properties();
        final Map<String, Object> shared;

        @SuppressWarnings("unchecked")
        public Probe() throws IOException {
          try (InputStream in = Probe.class.getResourceAsStream("/probe.properties")) {
            said.load(in);
          }
          shared = (Map<String, Object>) System.getProperties().get(said.getProperty("key"));
        }

        public String name() { return said.getProperty("name"); }

        public Set<Transport> transports() {
          return Set.of(Transport.valueOf(said.getProperty("transports")));
        }
        public Execution execution() { return Execution.valueOf(said.getProperty("execution")); }

        public List<String> alpnProtocols() {
          return said.containsKey("alpn") ? List.of(said.getProperty("alpn").split(",")) : List.of();
        }

        public Optional<ProtocolDetector> detector() {
          return Optional.ofNullable(said.getProperty("detects")).map(ProtocolDetector::ofPrefixes);
        }

        public boolean speaksFirst() { return said.containsKey("speaks"); }

        public Optional<Class<? extends Record>> settingsType() {
          return Optional.of(Settings.class);
        }

        public Session create(ConnId id, SessionWriter writer) {
          tell("create");
          return new ProbeSession(this, id, writer);
        }

        public Optional<dev.sluice.api.outbound.ClientSessionFactory<?>> client() {
          if (!said.containsKey("client")) { return Optional.empty(); }
          return Optional.of(
              dev.sluice.api.outbound.ClientSessionFactory.of(
                  name(),
                  execution(),
                  (id, writer) ->
                      new ProbeClient(this, id, writer, said.getProperty("client").equals("stays"))));
        }

        public Session createCapped(ConnId id, SessionWriter writer) {
          tell("createCapped");
          writer.writeOutbound(id, io.netty.buffer.Unpooled.wrappedBuffer("full\\n".getBytes()));
          return CustomProtocolSubsystem.super.createCapped(id, writer);
        }

        public void start(NodeContext context) throws Exception {
          tell("start");
          for (int i = 0; i < Integer.parseInt(said.getProperty("tasks", "0")); i++) {
            int number = i;
            context.workers().execute(() -> task(number));
          }
          fail("start");
        }

        private void task(int number) {
          tell("task");
          Thread.currentThread()
              .setContextClassLoader(new java.net.URLClassLoader(new java.net.URL[0]));
          if (number % 2 == 1) { throw new IllegalStateException("task " + number); }
        }

        public void stop() {
          tell("stop");
          if (shared.containsKey("stop")) { await("stop"); }
          try {
            fail("stop");
          } catch (RuntimeException e) {
            throw e;
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        }

        private void fail(String where) throws Exception {
          String[] how = said.getProperty(where, "").split(" ", 2);
          if (how.length == 2) {
            Object made = make(how);
            if (made instanceof Error e) { throw e; }
            throw (Exception) made;
          }
        }

        private static Object make(String[] how) throws Exception {
          try {
            return Class.forName(how[0]).getConstructor(String.class).newInstance(how[1]);
          } catch (NoSuchMethodException e) {
            return Class.forName(how[0]).getConstructor(Object.class).newInstance(how[1]);
          }
        }

        @SuppressWarnings("unchecked")
        void tell(String event) {
          boolean own = Thread.currentThread().getContextClassLoader() == Probe.class.getClassLoader();
          ((Queue<String>) shared.get("events"))
              .add(name() + " " + event + (own ? "" : " with a foreign context class loader"));
        }

        /** Whatever interrupts come. */
        void await(String what) {
          CountDownLatch latch = latch(what);
          while (true) {
            try {
              latch.await();
              return;
            } catch (InterruptedException e) {
              tell("interrupted");
            }
          }
        }

        CountDownLatch latch(String what) {
          return (CountDownLatch) shared.computeIfAbsent(what, w -> new CountDownLatch(1));
        }
      }
      """;

  private static final String UNSPEAKABLE =
      """
      package probe;

      public final class Unspeakable extends RuntimeException {
        public Unspeakable(String message) { super(message); }

        public String getMessage() { throw new IllegalStateException("no words"); }
      }
      """;

  private static final String SESSION =
      """
      package probe;

      import dev.sluice.api.*;
      import dev.sluice.api.outbound.*;
      import io.netty.buffer.*;
      import java.nio.charset.StandardCharsets;
      import java.time.Duration;
      import java.util.*;
      import java.util.concurrent.*;

      final class ProbeSession implements Session {
        private final Probe probe;
        private final ConnId id;
        private final SessionWriter writer;
        private final StringBuilder line = new StringBuilder();
        private String drain = "at once";

        ProbeSession(Probe probe, ConnId id, SessionWriter writer) {
          this.probe = probe;
          this.id = id;
          this.writer = writer;
        }

        public void handleIncomingData(ByteBuf data) {
          for (char c : data.toString(StandardCharsets.ISO_8859_1).toCharArray()) {
            if (c == '\\n') {
              String whole = line.toString();
              line.setLength(0);
              take(whole);
            } else {
              line.append(c);
            }
          }
        }

        @SuppressWarnings("unchecked")
        private void take(String whole) {
          if (whole.equals("mark")) {
            write(writer.context(id).settings(Probe.Settings.class).mark() + "\\n");
          } else if (whole.equals("id")) {
            write(id + "\\n");
          } else if (whole.startsWith("flood ")) {
            writer.writeOutbound(
                id, Unpooled.wrappedBuffer(new byte[Integer.parseInt(whole.substring(6))]));
          } else if (whole.equals("hang")) {
            probe.tell("hangs");
            probe.await("hang");
          } else if (whole.equals("keep")) {
            ((Queue<Object>)
                    probe.shared.computeIfAbsent("kept", k -> new ConcurrentLinkedQueue<>()))
                .add(this);
            write("kept\\n");
          } else if (whole.startsWith("drain ")) {
            drain = whole.substring(6);
            write(whole + "\\n");
          } else if (whole.startsWith("call ")) {
            call(whole.split(" ", 4));
          } else if (whole.equals("close")) {
            writer.closeSocket(id);
          } else {
            write(whole + "\\n");
          }
        }

        private void call(String[] words) {
          SessionContext context = writer.context(id);
          context
              .outbound()
              .connect(OutboundTarget.parse(words[1]), OutboundOptions.plaintext(), words[2])
              .whenComplete(
                  (made, failure) -> {
                    if (failure == null) {
                      ((ProbeClient) made.session())
                          .ask(
                              words[3],
                              heard -> context.execute(() -> write("heard " + heard + "\\n")));
                    } else {
                      context.execute(
                          () ->
                              write("failed " + OutboundException.in(failure).get().kind() + "\\n"));
                    }
                  });
        }

        private void write(String text) {
          writer.writeOutbound(
              id, Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1)));
        }

        public boolean sendData(ByteBuf data) {
          return writer.writeOutbound(id, data.retain());
        }

        public void closeSession() {
          writer.closeSocket(id);
        }

        public void drainRequested(Duration deadline) {
          probe.tell("drain " + drain);
          if (drain.equals("at once")) {
            closeSession();
          } else if (drain.equals("later")) {
            finish();
          }
        }

        private void finish() {
          if (probe.latch("drain").getCount() == 0) {
            write("done\\n");
            closeSession();
          } else {
            writer.context(id).schedule(Duration.ofMillis(20), this::finish);
          }
        }

        public void connectionClosed(CloseReason reason) {
          probe.tell("closed " + reason);
        }
      }
      """;

  private static final String CLIENT =
      """
      package probe;

      import dev.sluice.api.*;
      import io.netty.buffer.*;
      import java.nio.charset.StandardCharsets;
      import java.time.Duration;
      import java.util.function.Consumer;

      final class ProbeClient implements Session {
        private final Probe probe;
        private final ConnId id;
        private final SessionWriter writer;
        private final boolean stays;
        private final StringBuilder line = new StringBuilder();
        private volatile Consumer<String> waiting = heard -> {};

        ProbeClient(Probe probe, ConnId id, SessionWriter writer, boolean stays) {
          this.probe = probe;
          this.id = id;
          this.writer = writer;
          this.stays = stays;
          probe.tell("client create");
        }

        void ask(String text, Consumer<String> answer) {
          waiting = answer;
          writer.writeOutbound(
              id, Unpooled.wrappedBuffer((text + "\\n").getBytes(StandardCharsets.ISO_8859_1)));
        }

        public void handleIncomingData(ByteBuf data) {
          for (char c : data.toString(StandardCharsets.ISO_8859_1).toCharArray()) {
            if (c == '\\n') {
              waiting.accept(line.toString());
              line.setLength(0);
            } else {
              line.append(c);
            }
          }
        }

        public boolean sendData(ByteBuf data) {
          return writer.writeOutbound(id, data.retain());
        }

        public void closeSession() {
          writer.closeSocket(id);
        }

        public void drainRequested(Duration deadline) {
          probe.tell("client drain");
          if (!stays) {
            closeSession();
          }
        }

        public void connectionClosed(CloseReason reason) {
          probe.tell("client closed " + reason);
        }
      }
      """;
}
