// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.ArrayList;
import java.util.List;

/**
 * One pass of receiving, from its first datagram to its flush. Shared by the sockets of an
 * interface, which are all on one loop.
 */
public final class DatagramPass {

  private final List<DatagramBridge> peers = new ArrayList<>();
  private final EndpointMetrics metrics;
  private boolean open;
  private long datagrams;
  private long bytes;

  /**
   * No pass yet.
   *
   * @param endpoint where datagrams are counted
   */
  public DatagramPass(Endpoint endpoint) {
    this.metrics = endpoint.metrics();
  }

  /** A datagram has come: there will be a flush at the pass's end. */
  public void begin() {
    open = true;
  }

  boolean open() {
    return open;
  }

  void count(int size) {
    datagrams++;
    bytes += size;
  }

  /** The peer has had its first datagram of this pass. */
  void add(DatagramBridge peer) {
    peers.add(peer);
  }

  /** Tells the sessions, then sends what they wrote. */
  public void complete() {
    for (int i = 0; i < peers.size(); i++) {
      peers.get(i).passComplete();
    }
    open = false;
    for (int i = 0; i < peers.size(); i++) {
      DatagramOutput output = peers.get(i).output();
      output.loopLooked();
      output.flush();
    }
    peers.clear();
    if (datagrams > 0) {
      metrics.receivedDatagrams(datagrams, bytes);
      datagrams = 0;
      bytes = 0;
    }
  }
}
