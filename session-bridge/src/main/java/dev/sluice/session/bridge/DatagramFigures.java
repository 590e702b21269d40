// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/** The figures of the peer of a datagram interface. */
record DatagramFigures(DatagramBridge bridge) implements ConnectionFigures {

  @Override
  public ConnectionState state() {
    if (bridge.gone()) {
      return ConnectionState.ENDED;
    }
    return bridge.closeRequested() ? ConnectionState.CLOSING : ConnectionState.OPEN;
  }

  @Override
  public long bytesIn() {
    return bridge.input().bytes();
  }

  @Override
  public long bytesOut() {
    return bridge.sentBytes();
  }

  @Override
  public long queuedOut() {
    return bridge.bytesInFlight();
  }

  /** With what each waiting datagram costs. */
  @Override
  public long waitingIn() {
    return bridge.input().waiting() + bridge.heldInput().bytes();
  }

  @Override
  public boolean readsPaused() {
    return bridge.input().paused();
  }
}
