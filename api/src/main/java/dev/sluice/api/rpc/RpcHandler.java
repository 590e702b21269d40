// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import dev.sluice.api.Execution;
import dev.sluice.api.Setting;
import java.util.List;
import java.util.Optional;

/**
 * An application: answers the requests whose path starts with one of its prefixes.
 *
 * <p>The node finds providers through {@link java.util.ServiceLoader}, one instance a node. A
 * provider has a public constructor without parameters that does nothing but assign fields: what
 * costs time or can fail belongs in {@link #start(ApplicationContext)}, which planning commands do
 * not call.
 *
 * <p>All methods but {@link #handle} and {@link #limits} are called on the node's start-up or
 * shutdown thread, never at the same time. Their answers are read once and kept.
 */
public interface RpcHandler {

  /**
   * The name that an interface's {@code handlers} refers to, such as {@code app}.
   *
   * @return one to 64 characters of {@code a-z}, {@code 0-9}, {@code _}, {@code .} and {@code -},
   *     unique in the node; the same at every call
   */
  String name();

  /**
   * The paths that are this application's. Where several applications claim a path the longest
   * prefix decides.
   *
   * @return not empty; each starts with a slash. One that ends with a slash claims everything below
   *     it; another claims itself and everything below it, {@code /app} for instance {@code /app}
   *     and {@code /app/x}, but not {@code /apple}
   */
  List<String> prefixes();

  /**
   * Answers a request, now or later: the answer may be given after this method has returned, from
   * any thread.
   *
   * <p>Calls for different requests run at the same time. What it throws is answered with status
   * 500 if nothing was answered yet, and breaks the answer off if it was begun; it is counted, and
   * logged below INFO.
   *
   * @param request the head of a request; its body may still be on its way
   * @throws Exception costs this request only
   */
  void handle(RpcContext request) throws Exception;

  /**
   * The limits of a request, where it has others than the interface. Asked on the connection's loop
   * behind the request's head, before {@link #handle}, whatever {@link #execution} says: only
   * computes. What it throws is answered with status 500.
   *
   * @param method as {@link RpcContext#method()} gives it
   * @param path as {@link RpcContext#path()} gives it
   * @return those of the interface by default
   */
  default RequestLimits limits(String method, String path) {
    return RequestLimits.OF_INTERFACE;
  }

  /**
   * Where the calls for a request run. In every mode those for one request never overlap and keep
   * their order.
   *
   * @return {@link Execution#WORKERS} by default, so that a handler may block; {@link
   *     Execution#EVENT_LOOP} for one that only computes, and never blocks
   */
  default Execution execution() {
    return Execution.WORKERS;
  }

  /**
   * The record that the application's section under {@code applications} is bound to, see {@link
   * Setting}.
   *
   * @return a record type, read by {@link ApplicationContext#settings}; empty by default, which
   *     allows no section
   */
  default Optional<Class<? extends Record>> settingsType() {
    return Optional.empty();
  }

  /**
   * Called once before the first request, if any interface serves this application.
   *
   * @param context what the node offers
   * @throws Exception ends the start of the node with this exception's message
   */
  default void start(ApplicationContext context) throws Exception {}

  /** Called once after the last request, if {@link #start} was called; also when it threw. */
  default void stop() {}
}
