// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import dev.sluice.api.NodeContext;

/** What the node offers to an application. Every method may be called from any thread. */
public interface ApplicationContext extends NodeContext {

  /**
   * The application's section under {@code applications}. Protocols have theirs by interface, see
   * {@link dev.sluice.api.SessionContext#settings}.
   *
   * @param <T> the settings
   * @param type what {@link RpcHandler#settingsType()} named
   * @return checked at start-up; the same object always
   * @throws IllegalArgumentException for another type
   */
  <T extends Record> T settings(Class<T> type);
}
