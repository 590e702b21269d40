// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.util.ArrayList;
import java.util.List;

/**
 * One pass of receiving, from its first datagram to its flush. Shared by the sockets of an
 * interface, which are all on one loop.
 */
final class ReadPass {

  private final List<DatagramPeer> peers = new ArrayList<>();
  private final InterfaceMetrics metrics;
  private boolean open;
  private long datagrams;
  private long bytes;

  ReadPass(InterfaceMetrics metrics) {
    this.metrics = metrics;
  }

  /** Whether there will be a flush at its end. */
  boolean open() {
    return open;
  }

  void begin() {
    open = true;
  }

  void count(int size) {
    datagrams++;
    bytes += size;
  }

  /** The peer has had its first datagram of this pass. */
  void add(DatagramPeer peer) {
    peers.add(peer);
  }

  /** Tells the sessions, then sends what they wrote. */
  void complete() {
    for (int i = 0; i < peers.size(); i++) {
      peers.get(i).passComplete();
    }
    open = false;
    for (int i = 0; i < peers.size(); i++) {
      peers.get(i).endpoint().flush();
    }
    peers.clear();
    if (datagrams > 0) {
      metrics.datagramsIn.add(datagrams);
      metrics.bytesIn.add(bytes);
      datagrams = 0;
      bytes = 0;
    }
  }
}
