// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

/** Adds a connection's handlers to its pipeline. */
@FunctionalInterface
public interface ChannelFiller {

  /**
   * Called once, on the connection's event loop, before the channel is registered and active.
   *
   * @param channel a new one
   * @throws Exception costs this connection only
   */
  void fill(SessionChannel channel) throws Exception;
}
