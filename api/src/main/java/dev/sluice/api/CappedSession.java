// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import io.netty.buffer.ByteBuf;

/**
 * The stock session of a connection over the soft cap: its close was asked for when it was made.
 */
final class CappedSession implements Session {

  static final Session INSTANCE = new CappedSession();

  private CappedSession() {}

  @Override
  public void handleIncomingData(ByteBuf data) {}

  @Override
  public void closeSession() {}
}
