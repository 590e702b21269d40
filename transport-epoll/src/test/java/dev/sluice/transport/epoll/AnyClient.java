// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.io.IOException;

/** A client whatever carries its bytes, for what holds on every transport alike. */
interface AnyClient extends AutoCloseable {

  /** What carries the bytes. */
  enum Wire {
    TCP,
    TLS,
    UDP;

    InterfaceServer listen(TestNode.Interface made) throws Exception {
      return this == UDP ? made.udp() : made.tls(this == TLS).listen();
    }

    /** Connected; on UDP with a port of its own. */
    AnyClient connect(InterfaceServer server) throws IOException {
      return server instanceof DatagramServer datagrams
          ? new Datagrams(new DatagramClient(datagrams))
          : new Stream(WireClient.to((OpenSslServer) server));
    }
  }

  void send(byte[] bytes) throws IOException;

  /** Of so many bytes: on UDP the next datagram, whatever its length. */
  byte[] receive(int length) throws IOException;

  @Override
  void close();

  /** Sends and waits for as many bytes. */
  default byte[] ask(byte[] bytes) throws IOException {
    send(bytes);
    return receive(bytes.length);
  }

  /** TCP, through TLS where the interface has it. */
  record Stream(WireClient client) implements AnyClient {
    @Override
    public void send(byte[] bytes) throws IOException {
      client.send(bytes);
    }

    @Override
    public byte[] receive(int length) throws IOException {
      return client.receiveBytes(length);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** UDP. */
  record Datagrams(DatagramClient client) implements AnyClient {
    @Override
    public void send(byte[] bytes) throws IOException {
      client.send(bytes);
    }

    @Override
    public byte[] receive(int length) throws IOException {
      return client.receive();
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
