// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import dev.sluice.api.Execution;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An application with the answers that it gave about itself, read once so that no request asks
 * again.
 *
 * @param name what configuration calls it
 * @param prefixes of the paths that are its own
 * @param execution where calls for its requests run
 * @param handler the application
 * @param classLoader the context class loader of calls into it
 */
public record RpcService(
    String name,
    List<String> prefixes,
    Execution execution,
    RpcHandler handler,
    @Nullable ClassLoader classLoader) {

  /**
   * Copies the list.
   *
   * @param name as above
   * @param prefixes copied
   * @param execution as above
   * @param handler as above
   * @param classLoader as above
   */
  public RpcService {
    prefixes = List.copyOf(prefixes);
  }

  /**
   * Asks the application.
   *
   * @param handler the application
   * @return its answers
   */
  public static RpcService of(RpcHandler handler) {
    return new RpcService(
        Objects.requireNonNull(handler.name()),
        handler.prefixes(),
        handler.execution(),
        handler,
        handler.getClass().getClassLoader());
  }
}
