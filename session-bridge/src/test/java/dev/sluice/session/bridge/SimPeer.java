// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;

/** The peer behind one address of a {@link SimSocket}, for as long as it has a session. */
final class SimPeer extends SimConnection {

  final InetSocketAddress address;
  DatagramBridge bridge;
  boolean forgotten;
  boolean goneTold;
  private long heard = -1;

  SimPeer(Simulation sim, SimEndpoint home, SimLoop loop, InetSocketAddress address) {
    super(sim, home, loop);
    this.address = address;
  }

  @Override
  DatagramBridge bridge() {
    return bridge;
  }

  @Override
  boolean taken(SimWrite write) {
    return write.taken;
  }

  /** Datagrams that have room for it carry their number. */
  void heard(ByteBuf data) {
    if (data.readableBytes() >= Long.BYTES) {
      long number = data.getLong(data.readerIndex());
      if (number <= heard) {
        sim.fail(this + ": datagram " + number + " behind " + heard);
      }
      heard = number;
    }
  }

  @Override
  public String toString() {
    return "udp" + (bridge == null ? "?" : bridge.id().value());
  }
}
