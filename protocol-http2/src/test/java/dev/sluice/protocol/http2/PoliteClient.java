// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http2.FrameClient.Frame;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client that keeps to the windows it is given, and opens its own when a test says so. Nothing is
 * read but where a test waits for something.
 */
final class PoliteClient implements AutoCloseable {

  private static final int DEFAULT_WINDOW = 65_535;
  private static final int FRAME = 16_384;
  private static final long TURN = 0x1234;

  final FrameClient frames;

  /** Whether bodies are taken as fast as they come. */
  boolean opensWindows = true;

  /** But for these. */
  final Set<Integer> unread = new HashSet<>();

  final List<Frame> goAways = new ArrayList<>();
  final List<Frame> pings = new ArrayList<>();

  private final Map<Integer, Answer> answers = new HashMap<>();
  private final Map<Integer, Integer> credit = new HashMap<>();
  private int connectionCredit = DEFAULT_WINDOW;
  private int initialCredit = DEFAULT_WINDOW;
  private final Map<Integer, Integer> room = new HashMap<>();
  private final Deque<Integer> shrinking = new ArrayDeque<>();
  private long connectionRoom = DEFAULT_WINDOW;
  private int initialRoom = DEFAULT_WINDOW;
  private int settingsAcknowledged;
  private boolean ended;
  private int turns;

  /** What has come of an answer. */
  static final class Answer {
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    final List<String> informed = new ArrayList<>();
    private @Nullable Http2Headers head;
    private @Nullable Http2Headers trailers;
    int dataFrames;
    boolean ended;
    int reset = -1;

    String status() {
      return head == null ? "-" : String.valueOf(head.status());
    }

    String field(String name) {
      return text(head, name);
    }

    String trailer(String name) {
      return text(trailers, name);
    }

    private static String text(@Nullable Http2Headers fields, String name) {
      CharSequence value = fields == null ? null : fields.get(name);
      return value == null ? "" : value.toString();
    }

    ByteBuffer bytes() {
      return ByteBuffer.wrap(body.toByteArray());
    }

    int length() {
      return body.size();
    }

    String text() {
      return body.toString(StandardCharsets.UTF_8);
    }

    boolean done() {
      return ended || reset >= 0;
    }
  }

  private PoliteClient(FrameClient frames) {
    this.frames = frames;
  }

  static PoliteClient connect(int port, int... settings) throws IOException {
    PoliteClient client = new PoliteClient(FrameClient.raw(port));
    client.frames.preface();
    client.frames.settings(settings);
    for (int i = 0; i < settings.length; i += 2) {
      if (settings[i] == FrameClient.INITIAL_WINDOW) {
        client.initialRoom = settings[i + 1];
      }
    }
    client.shrinking.add(0);
    client.until(() -> client.settingsAcknowledged == 1);
    return client;
  }

  // ---- requests

  int get(String path) throws IOException {
    return begin("GET", path, true);
  }

  int begin(String method, String path, boolean whole) throws IOException {
    return begin(FrameClient.request(method, path), whole);
  }

  int begin(Http2Headers head, boolean whole) throws IOException {
    int stream = frames.request(head, whole);
    answers.put(stream, new Answer());
    credit.put(stream, initialCredit);
    room.put(stream, initialRoom);
    return stream;
  }

  /** A request with its length said, and its body. */
  int post(String path, byte[] body) throws IOException {
    Http2Headers head = FrameClient.request("POST", path);
    int stream = begin(head.set("content-length", Integer.toString(body.length)), false);
    send(stream, body, true);
    return stream;
  }

  /** As the windows allow; an answer that ends the request ends this too. */
  void send(int stream, byte[] body, boolean last) throws IOException {
    int at = 0;
    do {
      int left = Math.min(FRAME, body.length - at);
      if (left > 0) {
        until(() -> credit(stream) > 0 || so(stream).done());
        if (so(stream).done()) {
          return;
        }
      }
      int bytes = Math.min(left, credit(stream));
      boolean ends = last && at + bytes == body.length;
      byte[] part = Arrays.copyOfRange(body, at, at + bytes);
      frames.data(stream, part, ends);
      credit.merge(stream, -bytes, Integer::sum);
      connectionCredit -= bytes;
      at += bytes;
    } while (at < body.length);
  }

  void trailers(int stream, Http2Headers fields) throws IOException {
    frames.write(
        FrameClient.HEADERS,
        FrameClient.END_HEADERS | FrameClient.END_STREAM,
        stream,
        frames.encode(fields));
  }

  /** Lets so much more of an answer come, 0: of all of them together. */
  void open(int stream, int bytes) throws IOException {
    if (stream == 0) {
      connectionRoom += bytes;
    } else {
      room.merge(stream, bytes, Integer::sum);
    }
    frames.window(stream, bytes);
  }

  /** Changes the window that answers have from their begin. */
  void openInitially(int window) throws IOException {
    int more = window - initialRoom;
    initialRoom = window;
    // What comes before the node has read of it may fill the window as it was.
    if (more > 0) {
      room.replaceAll((stream, bytes) -> bytes + more);
    }
    shrinking.add(Math.min(0, more));
    frames.settings(FrameClient.INITIAL_WINDOW, window);
  }

  /** How much of an answer may still come. */
  int room(int stream) {
    return room.getOrDefault(stream, 0);
  }

  /** Nothing more is expected of a stream that has ended. */
  void forget(int stream) {
    answers.remove(stream);
    credit.remove(stream);
    room.remove(stream);
  }

  /** What may be sent of a body at once. */
  int credit(int stream) {
    return Math.min(connectionCredit, credit.getOrDefault(stream, 0));
  }

  int connectionCredit() {
    return connectionCredit;
  }

  // ---- answers

  /** What has come by now. */
  Answer so(int stream) {
    Answer answer = answers.get(stream);
    if (answer == null) {
      throw new AssertionError("no such stream: " + stream);
    }
    return answer;
  }

  /** An answer that has come to its end, or was reset. */
  Answer answer(int stream) throws IOException {
    until(() -> so(stream).done());
    return so(stream);
  }

  /** An answer that has come whole. */
  Answer whole(int stream) throws IOException {
    Answer answer = answer(stream);
    assertThat(answer.ended).as("stream %s is whole, not reset %s", stream, answer.reset).isTrue();
    return answer;
  }

  /** Whatever the node had to say to what was sent by now has come. */
  void turn() throws IOException {
    int before = turns;
    frames.write(FrameClient.PING, 0, 0, turnPing());
    until(() -> turns > before);
  }

  private static byte[] turnPing() {
    return ByteBuffer.allocate(8).putLong(TURN).array();
  }

  void acknowledge(Frame ping) throws IOException {
    frames.write(FrameClient.PING, FrameClient.ACK, 0, ping.payload());
  }

  /** Reads until a condition holds. */
  void until(BooleanSupplier condition) throws IOException {
    while (!condition.getAsBoolean()) {
      if (!read()) {
        throw new EOFException("closed before it came");
      }
    }
  }

  /** Reads to the connection's end. */
  void untilClosed() throws IOException {
    while (!ended) {
      boolean unused = read();
    }
  }

  private boolean read() throws IOException {
    Frame frame = frames.next();
    if (frame == null) {
      ended = true;
      return false;
    }
    switch (frame.type()) {
      case FrameClient.SETTINGS -> settings(frame);
      case FrameClient.WINDOW_UPDATE -> window(frame);
      case FrameClient.HEADERS -> head(frame, so(frame.stream()));
      case FrameClient.DATA -> data(frame, so(frame.stream()));
      case FrameClient.RST_STREAM -> so(frame.stream()).reset = frame.errorCode();
      case FrameClient.GOAWAY -> goAways.add(frame);
      case FrameClient.PING -> {
        boolean mine = ByteBuffer.wrap(frame.payload()).getLong() == TURN;
        if (!mine) {
          pings.add(frame);
        } else if ((frame.flags() & FrameClient.ACK) != 0) {
          turns++;
        }
      }
      default -> throw new AssertionError("a frame that no server sends: " + frame);
    }
    return true;
  }

  private void settings(Frame frame) throws IOException {
    if ((frame.flags() & FrameClient.ACK) != 0) {
      settingsAcknowledged++;
      int less = shrinking.remove();
      room.replaceAll((stream, bytes) -> bytes + less);
      return;
    }
    ByteBuffer payload = ByteBuffer.wrap(frame.payload());
    while (payload.hasRemaining()) {
      int id = payload.getShort();
      int value = payload.getInt();
      if (id == FrameClient.INITIAL_WINDOW) {
        int more = value - initialCredit;
        credit.replaceAll((stream, window) -> window + more);
        initialCredit = value;
      }
    }
    frames.write(FrameClient.SETTINGS, FrameClient.ACK, 0, new byte[0]);
  }

  private void window(Frame frame) {
    if (frame.stream() == 0) {
      connectionCredit += frame.number(0);
    } else {
      credit.merge(frame.stream(), frame.number(0), Integer::sum);
    }
  }

  private static void head(Frame frame, Answer to) {
    assertThat(to.done()).as("headers after the end").isFalse();
    if (frame.status().startsWith("1")) {
      to.informed.add(frame.status());
    } else if (to.head == null) {
      to.head = frame.headers();
    } else {
      to.trailers = frame.headers();
    }
    to.ended = frame.ends();
  }

  private void data(Frame frame, Answer to) throws IOException {
    assertThat(to.done()).as("data after the end of %s", frame.stream()).isFalse();
    to.body.writeBytes(frame.payload());
    to.dataFrames++;
    to.ended = frame.ends();
    int bytes = frame.payload().length;
    int stream = frame.stream();
    connectionRoom -= bytes;
    room.merge(stream, -bytes, Integer::sum);
    if (bytes > 0) {
      assertThat(Math.min(connectionRoom, room(stream))).as("of the windows").isNotNegative();
    }
    if (opensWindows && bytes > 0) {
      open(0, bytes);
      if (!to.ended && !unread.contains(stream)) {
        open(stream, bytes);
      }
    }
  }

  /** Ends the connection from this side. */
  void leave() {
    frames.close();
  }

  @Override
  public void close() {
    frames.close();
  }
}
