// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.transport.epoll.AnyClient.Wire;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import javax.net.ssl.SSLException;

/** A client that can say how its connection ended, down to the last record of TLS. */
final class EndingClient implements AutoCloseable {

  /** The content type of an alert. */
  private static final int ALERT = 21;

  // One of the last two is there; of TLS, the records are decrypted where it is there.
  private final RecordClient tls;
  private final Socket socket;
  private final DatagramClient datagrams;
  private boolean gone;

  private EndingClient(RecordClient tls, Socket socket, DatagramClient datagrams) {
    this.tls = tls;
    this.socket = socket;
    this.datagrams = datagrams;
  }

  /** Connected, under TLS with the handshake. */
  static EndingClient to(InterfaceServer server, Wire wire) throws Exception {
    return switch (wire) {
      case TCP -> raw(server);
      case TLS -> {
        RecordClient client =
            new RecordClient(
                (OpenSslServer) server,
                TestCertificates.clientContext(null).createSSLEngine("localhost", 1));
        yield new EndingClient(client, client.socket, null);
      }
      case UDP -> new EndingClient(null, null, new DatagramClient((DatagramServer) server));
    };
  }

  /** Without a handshake, also where the interface wants one. */
  static EndingClient raw(InterfaceServer server) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
    socket.connect(server.address());
    return new EndingClient(null, socket, null);
  }

  void send(byte[] bytes) throws IOException {
    if (datagrams != null) {
      datagrams.send(bytes);
    } else {
      sendRaw(tls == null ? bytes : tls.seal(bytes));
    }
  }

  /** Not encrypted. */
  void sendRaw(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** One byte, and waits for its echo. */
  void ask() throws IOException {
    byte[] word = ".".getBytes(US_ASCII);
    send(word);
    byte[] answer =
        datagrams != null
            ? datagrams.receive()
            : tls != null ? tls.read(1) : socket.getInputStream().readNBytes(1);
    if (answer.length != 1) {
      throw new AssertionError("no answer");
    }
  }

  /** Says that nothing more comes, in order, and still reads. */
  void endOutput() throws IOException {
    if (tls == null) {
      socket.shutdownOutput();
    } else {
      sendRaw(tls.sealEnd());
    }
  }

  /** Ends the sending side, under TLS without a word about it, and still reads. */
  void cutOutput() throws IOException {
    socket.shutdownOutput();
  }

  void reset() throws IOException {
    gone = true;
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /**
   * Reads on until the end and says what it looked like, in the words of the table. Of datagrams:
   * whether one has come, which is known once the node has told of the end.
   */
  String end() throws IOException {
    if (gone) {
      return "gone";
    }
    if (datagrams != null) {
      return datagrams.silent(20) ? "nothing" : "a datagram";
    }
    StringBuilder seen = new StringBuilder();
    try {
      if (tls != null) {
        decrypt(seen);
      }
      int first = socket.getInputStream().read();
      if (first == ALERT) {
        seen.append("alert ");
      }
      socket.getInputStream().readAllBytes();
      return seen.append("FIN").toString();
    } catch (SocketException reset) {
      if (!String.valueOf(reset.getMessage()).contains("reset")) {
        throw reset;
      }
      return seen.append("RST").toString();
    }
  }

  private void decrypt(StringBuilder seen) throws IOException {
    try {
      tls.read(Integer.MAX_VALUE);
      if (tls.closeNotified) {
        seen.append("close_notify ");
      }
    } catch (SSLException failure) {
      if (!String.valueOf(failure.getMessage()).contains("alert")) {
        throw failure;
      }
      seen.append("alert ");
    }
  }

  @Override
  public void close() throws IOException {
    if (datagrams != null) {
      datagrams.close();
    } else {
      socket.close();
    }
  }
}
