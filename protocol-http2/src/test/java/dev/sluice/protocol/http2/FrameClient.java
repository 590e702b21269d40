// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A client that writes frames as a test wants them, right or wrong, and reads what comes. */
final class FrameClient implements AutoCloseable {

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 0x1;
  static final int ACK = 0x1;
  static final int END_HEADERS = 0x4;
  static final int PADDED = 0x8;

  static final int INITIAL_WINDOW = 4;

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final int PATIENCE_MILLIS = 20_000;
  private static final int NARROW = 4 << 10;
  private static final int FLOODED_AT_ONCE = 16 << 10;

  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
  private final ByteArrayOutputStream block = new ByteArrayOutputStream();
  private int nextStream = 1;

  /** A frame as it came, with its header fields decoded where it has some. */
  @SuppressWarnings("ArrayRecordComponent") // a test reads it
  record Frame(int type, int flags, int stream, byte[] payload, @Nullable Http2Headers headers) {

    boolean ends() {
      return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    }

    /** Of a RST_STREAM at 0, of a GOAWAY at 4. */
    int number(int at) {
      return Unpooled.wrappedBuffer(payload).getInt(at);
    }

    int errorCode() {
      return number(type == GOAWAY ? 4 : 0);
    }

    String status() {
      return headers == null ? "-" : String.valueOf(headers.status());
    }

    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }
  }

  private static final int INITIAL_WINDOW_SIZE = 4;
  private int window = 65_535;

  private FrameClient(int port, int receiveBuffer) throws IOException {
    this(connected(port, receiveBuffer));
  }

  private static Socket connected(int port, int receiveBuffer) throws IOException {
    Socket socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  private FrameClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    out = socket.getOutputStream();
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 << 10));
  }

  /** Only the socket. */
  static FrameClient raw(int port) throws IOException {
    return new FrameClient(port, 0);
  }

  /** With the preface, settings of a test's choice, and both acknowledged. */
  static FrameClient connect(int port, int... settings) throws IOException {
    return greet(new FrameClient(port, 0), settings);
  }

  /** As {@link #connect}, for whom the kernel keeps little that it does not read. */
  static FrameClient narrow(int port, int... settings) throws IOException {
    return greet(new FrameClient(port, NARROW), settings);
  }

  private static FrameClient greet(FrameClient client, int... settings) throws IOException {
    client.preface();
    client.settings(settings);
    Frame told = client.await(frame -> frame.type() == SETTINGS && (frame.flags() & ACK) == 0);
    ByteBuf each = Unpooled.wrappedBuffer(told.payload());
    while (each.isReadable()) {
      int id = each.readShort();
      int value = each.readInt();
      if (id == INITIAL_WINDOW_SIZE) {
        client.window = value;
      }
    }
    client.write(SETTINGS, ACK, 0, new byte[0]);
    client.await(frame -> frame.type() == SETTINGS && (frame.flags() & ACK) != 0);
    return client;
  }

  /** The other end: a server, which has read the preface and told its settings. */
  static FrameClient server(Socket accepted, int... settings) throws IOException {
    FrameClient server = deafServer(accepted, settings);
    // Requests may follow the client's settings at once: nothing is waited for that lets them pass.
    server.write(SETTINGS, ACK, 0, new byte[0]);
    return server;
  }

  /** One that never says that it has read the client's settings. */
  static FrameClient deafServer(Socket accepted, int... settings) throws IOException {
    FrameClient server = new FrameClient(accepted);
    assertThat(new String(server.in.readNBytes(PREFACE.length()), StandardCharsets.US_ASCII))
        .isEqualTo(PREFACE);
    server.settings(settings);
    return server;
  }

  /** A server's answer. */
  void respond(int stream, int status, boolean ended, String... namesAndValues) throws IOException {
    Http2Headers head = new DefaultHttp2Headers(false).status(Integer.toString(status));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      head.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    write(HEADERS, END_HEADERS | (ended ? END_STREAM : 0), stream, encode(head));
  }

  Frame awaitRequest() throws IOException {
    return await(frame -> frame.type() == HEADERS);
  }

  void preface() throws IOException {
    send(PREFACE.getBytes(StandardCharsets.US_ASCII));
  }

  /** Pairs of an identifier and its value. */
  void settings(int... settings) throws IOException {
    ByteBuf payload = Unpooled.buffer();
    for (int i = 0; i < settings.length; i += 2) {
      payload.writeShort(settings[i]).writeInt(settings[i + 1]);
    }
    write(SETTINGS, 0, 0, bytes(payload));
  }

  void send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /**
   * The same again and again.
   *
   * @return whether the node took it all; else it has closed the connection
   */
  boolean flood(byte[] frames, int times) throws IOException {
    int atOnce = Math.max(1, FLOODED_AT_ONCE / frames.length);
    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
    try {
      for (int left = times; left > 0; left -= atOnce) {
        chunk.reset();
        for (int i = Math.min(atOnce, left); i > 0; i--) {
          chunk.writeBytes(frames);
        }
        send(chunk.toByteArray());
      }
      return true;
    } catch (SocketException closed) {
      return false;
    }
  }

  /**
   * Slowly, one byte after the other, until the node says something.
   *
   * @return what it says; null: it has taken all of them
   */
  @Nullable Frame dribble(byte[] bytes, Duration each) throws IOException {
    for (byte one : bytes) {
      send(new byte[] {one});
      Frame frame = nextWithin(each);
      if (frame != null) {
        return frame;
      }
    }
    return null;
  }

  static byte[] frame(int type, int flags, int stream, byte[] payload) {
    ByteBuf frame = Unpooled.buffer(9 + payload.length);
    frame.writeMedium(payload.length).writeByte(type).writeByte(flags).writeInt(stream);
    return bytes(frame.writeBytes(payload));
  }

  void write(int type, int flags, int stream, byte[] payload) throws IOException {
    send(frame(type, flags, stream, payload));
  }

  byte[] encode(Http2Headers headers) {
    ByteBuf encoded = Unpooled.buffer();
    try {
      encoder.encodeHeaders(1, headers, encoded);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return bytes(encoded);
  }

  /** A block of fields as they are given, which the table of what was sent knows nothing of. */
  static byte[] block(String... namesAndValues) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i++) {
      if (i % 2 == 0) {
        block.write(0);
      }
      byte[] text = namesAndValues[i].getBytes(StandardCharsets.ISO_8859_1);
      assertThat(text.length).isLessThan(127);
      block.write(text.length);
      block.writeBytes(text);
    }
    return block.toByteArray();
  }

  static Http2Headers request(String method, String path) {
    return new DefaultHttp2Headers(false)
        .method(method)
        .scheme("http")
        .authority("localhost")
        .path(path);
  }

  int newStream() {
    int stream = nextStream;
    nextStream += 2;
    return stream;
  }

  /** A request without a body. */
  int get(String path) throws IOException {
    return request(request("GET", path), true);
  }

  int request(Http2Headers headers, boolean ended) throws IOException {
    int stream = newStream();
    write(HEADERS, END_HEADERS | (ended ? END_STREAM : 0), stream, encode(headers));
    return stream;
  }

  void data(int stream, byte[] data, boolean ended) throws IOException {
    write(DATA, ended ? END_STREAM : 0, stream, data);
  }

  void window(int stream, int bytes) throws IOException {
    write(WINDOW_UPDATE, 0, stream, number(bytes));
  }

  /** Leaves with a reset of the connection. */
  void leave() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  void reset(int stream) throws IOException {
    write(RST_STREAM, 0, stream, number(8));
  }

  static byte[] number(int number) {
    return bytes(Unpooled.buffer(4).writeInt(number));
  }

  private static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    return bytes;
  }

  /** What the server's settings let each stream begin with. */
  int window() {
    return window;
  }

  /** The next frame that a test asks for; those before it are dropped. */
  Frame await(Predicate<Frame> wanted) throws IOException {
    while (true) {
      Frame frame = next();
      if (frame == null) {
        throw new EOFException("closed before it came");
      }
      if (wanted.test(frame)) {
        return frame;
      }
    }
  }

  Frame awaitHeaders(int stream) throws IOException {
    return await(frame -> frame.type() == HEADERS && frame.stream() == stream);
  }

  /** The node's last word and the connection's end. */
  Frame awaitGoAway() throws IOException {
    return await(frame -> frame.type() == GOAWAY);
  }

  Frame awaitReset(int stream) throws IOException {
    return await(frame -> frame.type() == RST_STREAM && frame.stream() == stream);
  }

  /** All of a stream's body. */
  byte[] body(int stream) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    Frame frame;
    do {
      frame = await(one -> one.stream() == stream && one.type() != WINDOW_UPDATE);
      assertThat(frame.type()).as("no reset").isIn(DATA, HEADERS);
      if (frame.type() == DATA) {
        body.write(frame.payload());
      }
    } while (!frame.ends());
    return body.toByteArray();
  }

  /** Null: nothing has come in that time, or this is the connection's end. */
  @Nullable Frame nextWithin(Duration time) throws IOException {
    socket.setSoTimeout((int) time.toMillis());
    in.mark(1);
    try {
      if (in.read() < 0) {
        return null;
      }
      in.reset();
    } catch (SocketTimeoutException quiet) {
      return null;
    } finally {
      socket.setSoTimeout(PATIENCE_MILLIS);
    }
    return next();
  }

  /** Null at the connection's end. */
  @Nullable Frame next() throws IOException {
    try {
      int length = in.read();
      if (length < 0) {
        return null;
      }
      length = length << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      return new Frame(type, flags, stream, payload, headers(type, flags, stream, payload));
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing came within " + PATIENCE_MILLIS + " ms", e);
    } catch (SocketException | EOFException e) {
      return null;
    }
  }

  private @Nullable Http2Headers headers(int type, int flags, int stream, byte[] payload) {
    if (type != HEADERS && type != CONTINUATION) {
      return null;
    }
    block.writeBytes(payload);
    if ((flags & END_HEADERS) == 0) {
      return null;
    }
    try {
      return decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block.toByteArray()));
    } catch (Exception e) {
      throw new AssertionError(e);
    } finally {
      block.reset();
    }
  }

  /** Reads to the end, which has to come. */
  void awaitEnd() throws IOException {
    while (next() != null) {
      // Whatever it is.
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
