// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/** The figures of a stream. */
record StreamFigures(StreamBridge bridge) implements ConnectionFigures {

  @Override
  public ConnectionState state() {
    if (bridge.gone()) {
      return ConnectionState.ENDED;
    }
    return switch (bridge.closing().state()) {
      case HANDSHAKING ->
          bridge.closeRequested() ? ConnectionState.CLOSING : ConnectionState.HANDSHAKING;
      case OPEN -> bridge.closeRequested() ? ConnectionState.CLOSING : ConnectionState.OPEN;
      case FLUSHING, ENDING, PARTING -> ConnectionState.CLOSING;
      case LINGERING, CLOSED -> ConnectionState.LINGERING;
    };
  }

  @Override
  public long bytesIn() {
    return bridge.input().bytes();
  }

  @Override
  public long bytesOut() {
    return bridge.output().taken();
  }

  @Override
  public long queuedOut() {
    return Math.max(0, bridge.output().queued()) + bridge.keptBytes();
  }

  @Override
  public long waitingIn() {
    return bridge.gate().waiting();
  }

  @Override
  public boolean readsPaused() {
    return bridge.gate().paused();
  }
}
