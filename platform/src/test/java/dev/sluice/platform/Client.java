// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** A blocking client that speaks lines. */
final class Client implements AutoCloseable {

  private static final TrustManager[] ANYBODY = {
    new X509TrustManager() {
      @Override
      public void checkClientTrusted(X509Certificate[] chain, String type) {}

      @Override
      public void checkServerTrusted(X509Certificate[] chain, String type) {}

      @Override
      public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
      }
    }
  };

  private final Socket socket;

  private Client(Socket socket) {
    this.socket = socket;
  }

  static Client plain(InetSocketAddress address) throws IOException {
    return new Client(connect(address, 0));
  }

  /** A client whose kernel takes in little that it does not read. */
  static Client withSmallWindow(InetSocketAddress address) throws IOException {
    return new Client(connect(address, 8 << 10));
  }

  /** Through TLS 1.3 or nothing, by the name {@code localhost}. */
  static Client tls(InetSocketAddress address, SSLContext context) throws IOException {
    return tls(address, context, "localhost");
  }

  /** The same by another name, offering these names of ALPN. */
  static Client tls(InetSocketAddress address, SSLContext context, String name, String... alpn)
      throws IOException {
    Socket raw = connect(address, 0);
    SSLSocket secured =
        (SSLSocket) context.getSocketFactory().createSocket(raw, name, address.getPort(), true);
    secured.setEnabledProtocols(new String[] {"TLSv1.3"});
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setApplicationProtocols(alpn);
    secured.setSSLParameters(parameters);
    try {
      secured.startHandshake();
      return new Client(secured);
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  /** The address that a node has shown as {@code 127.0.0.1:port}. */
  static InetSocketAddress loopback(String shown) {
    int colon = shown.lastIndexOf(':');
    return new InetSocketAddress(
        InetAddress.getLoopbackAddress(), Integer.parseInt(shown.substring(colon + 1)));
  }

  private static Socket connect(InetSocketAddress address, int window) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
    if (window > 0) {
      socket.setReceiveBufferSize(window);
    }
    socket.connect(address, (int) Waiting.PATIENCE.toMillis());
    return socket;
  }

  /** Trusts this certificate and no other. */
  static SSLContext trusting(X509Certificate certificate) throws Exception {
    KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
    roots.load(null, null);
    roots.setCertificateEntry("root", certificate);
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(roots);
    return context(factory.getTrustManagers());
  }

  /** For a certificate that nobody can know before. */
  static SSLContext trustingAnybody() throws GeneralSecurityException {
    return context(ANYBODY);
  }

  /** Trusts anybody, and shows this certificate where it is asked for one. */
  static SSLContext showing(X509Bundle own) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.toKeyManagerFactory().getKeyManagers(), ANYBODY, null);
    return context;
  }

  private static SSLContext context(TrustManager[] trust) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust, null);
    return context;
  }

  /** What the node has shown of itself. */
  X509Certificate served() throws IOException {
    return (X509Certificate) ((SSLSocket) socket).getSession().getPeerCertificates()[0];
  }

  Client say(String line) throws IOException {
    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** The next line, or what came before the end. */
  String hear() throws IOException {
    InputStream in = socket.getInputStream();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = in.read();
    while (next >= 0 && next != '\n') {
      line.write(next);
      next = in.read();
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  String ask(String line) throws IOException {
    return say(line).hear();
  }

  /** Asks for a path by HTTP/1.1: the status line, and the rest of the answer taken in. */
  String get(String path) throws IOException {
    return head(path).get(0);
  }

  /** As {@link #get}, with the header fields, a line each. */
  List<String> head(String path) throws IOException {
    String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r";
    List<String> head = new ArrayList<>(List.of(ask(request).strip()));
    int length = 0;
    for (String field = hear().strip(); !field.isEmpty(); field = hear().strip()) {
      head.add(field);
      if (field.startsWith("content-length: ")) {
        length = Integer.parseInt(field.substring("content-length: ".length()));
      }
    }
    socket.getInputStream().skipNBytes(length);
    return head;
  }

  /** As the node sees it. */
  String localAddress() {
    return AddressText.of((InetSocketAddress) socket.getLocalSocketAddress());
  }

  /** All up to the end of the stream. */
  String hearAll() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** How the node ended the connection, after whatever it sent. */
  String end() {
    try {
      hearAll();
      return "end of stream";
    } catch (IOException e) {
      return String.valueOf(e.getMessage()).contains("reset") ? "reset" : e.toString();
    }
  }

  /** Closes before the end of its block. */
  void hangUp() throws IOException {
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
