// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** One HTTP request on a connection of its own, with any field that a test wants, Host too. */
final class Ask {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final InetSocketAddress address;
  private final String method;
  private final String path;
  private final Map<String, String> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private byte[] body = new byte[0];

  private Ask(InetSocketAddress address, String method, String path) {
    this.address = address;
    this.method = method;
    this.path = path;
    fields.put("Host", AddressText.of(address));
    fields.put("Connection", "close");
  }

  static Ask get(InetSocketAddress address, String path) {
    return new Ask(address, "GET", path);
  }

  /** A change, as an operator asks for one. */
  static Ask change(InetSocketAddress address, String method, String path) {
    return new Ask(address, method, path).with("Sluice-Operator", "test");
  }

  Ask with(String field, String value) {
    fields.put(field, value);
    return this;
  }

  Ask without(String field) {
    fields.remove(field);
    return this;
  }

  Ask body(String text) {
    body = text.getBytes(StandardCharsets.UTF_8);
    return with("Content-Length", Integer.toString(body.length));
  }

  /** What came back; field names in lower case. */
  record Answer(int status, Map<String, String> fields, String body) {

    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new AssertionError(body, e);
      }
    }
  }

  Answer answer() throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
      socket.connect(address, (int) Waiting.PATIENCE.toMillis());
      return answer(socket);
    }
  }

  /** On a socket of the caller's. */
  Answer answer(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    fields.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    socket.getOutputStream().write(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().write(body);
    return read(socket.getInputStream());
  }

  private static Answer read(InputStream in) throws IOException {
    String[] status = line(in).split(" ", 3);
    Map<String, String> fields = new TreeMap<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      fields.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    int length = Integer.parseInt(fields.getOrDefault("content-length", "0"));
    String text = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    return new Answer(Integer.parseInt(status[1]), fields, text);
  }

  static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the end, after '" + line + "'");
      }
      line.write(c);
    }
    return line.toString(StandardCharsets.UTF_8).strip();
  }
}
