// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A client that sends what a test says, byte by byte if need be, and reads answers strictly. */
public final class HttpClient implements AutoCloseable {

  private final Socket socket;
  private final InputStream in;

  public HttpClient(int port) throws IOException {
    this(port, 0);
  }

  public HttpClient(int port, int window) throws IOException {
    this(connected(port, window));
  }

  public HttpClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(20_000);
    this.in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
  }

  private static Socket connected(int port, int window) throws IOException {
    Socket socket = new Socket();
    if (window > 0) {
      socket.setReceiveBufferSize(window);
    }
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  /** An answer, read to its end. */
  public record Answer(String protocol, int status, Map<String, String> fields, ByteBuffer body) {

    public String text() {
      return StandardCharsets.UTF_8.decode(body.duplicate()).toString();
    }

    public String field(String name) {
      return fields.getOrDefault(name, "");
    }
  }

  public HttpClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public HttpClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  public void finishSending() throws IOException {
    socket.shutdownOutput();
  }

  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  public Answer answer() throws IOException {
    return answer("GET");
  }

  /** An answer to a request of this method, which says whether there is a body. */
  public Answer answer(String method) throws IOException {
    String[] first = line().split(" ", 3);
    Map<String, String> fields = fields();
    int status = Integer.parseInt(first[1]);
    byte[] body = new byte[0];
    if (!method.equals("HEAD") && status >= 200 && status != 204 && status != 304) {
      body = body(fields);
    }
    return new Answer(first[0], status, fields, ByteBuffer.wrap(body));
  }

  public Map<String, String> fields() throws IOException {
    Map<String, String> fields = new TreeMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
      fields.merge(name, line.substring(colon + 1).strip(), (a, b) -> a + ", " + b);
    }
    return fields;
  }

  private byte[] body(Map<String, String> fields) throws IOException {
    String length = fields.get("content-length");
    if ("chunked".equals(fields.get("transfer-encoding"))) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      for (int size = size(); size > 0; size = size()) {
        body.write(in.readNBytes(size));
        if (!line().isEmpty()) {
          throw new IOException("a chunk without its end");
        }
      }
      fields.putAll(fields());
      return body.toByteArray();
    }
    if (length == null) {
      return in.readAllBytes();
    }
    byte[] body = in.readNBytes(Integer.parseInt(length));
    if (body.length != Integer.parseInt(length)) {
      throw new IOException("cut off after " + body.length + " of " + length);
    }
    return body;
  }

  private int size() throws IOException {
    return Integer.parseInt(line(), 16);
  }

  public String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the end, after '" + line + "'");
      }
      line.append((char) c);
    }
    if (line.length() == 0 || line.charAt(line.length() - 1) != '\r') {
      throw new IOException("no CR before LF in '" + line + "'");
    }
    return line.substring(0, line.length() - 1);
  }

  public int read(byte[] into) throws IOException {
    return in.read(into);
  }

  public InputStream in() {
    return in;
  }

  public boolean hasInput() throws IOException {
    return in.available() > 0;
  }

  /** Whether something comes within that time; it is still to be read. */
  public boolean hears(Duration within) throws IOException {
    int patience = socket.getSoTimeout();
    socket.setSoTimeout((int) within.toMillis());
    in.mark(1);
    try {
      boolean heard = in.read() >= 0;
      in.reset();
      return heard;
    } catch (SocketTimeoutException silent) {
      return false;
    } finally {
      socket.setSoTimeout(patience);
    }
  }

  /** What comes until the end, null if that is a reset. */
  public @Nullable String rest() throws IOException {
    try {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (SocketException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
