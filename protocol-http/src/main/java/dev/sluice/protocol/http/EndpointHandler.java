// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.RequestLimits;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An application made of {@link Endpoints}: name it, say which paths it claims, add its endpoints.
 *
 * <pre>{@code
 * @AutoService(RpcHandler.class)
 * public final class Greeter extends EndpointHandler {
 *   public Greeter() {
 *     super("greeter", "/hello");
 *   }
 *
 *   protected void endpoints(Endpoints endpoints) {
 *     endpoints.get("/hello/{who}", call -> call.respond(RpcResponse.text(call.parameter("who"))));
 *   }
 * }
 * }</pre>
 */
public abstract class EndpointHandler implements RpcHandler {

  private static final Logger LOG = LoggerFactory.getLogger(EndpointHandler.class);

  private final String name;
  private final List<String> prefixes;

  // Set at the start, before the first request; the node hands requests on to other threads.
  private volatile @Nullable Endpoints endpoints;

  /**
   * An application.
   *
   * @param name see {@link RpcHandler#name}
   * @param prefixes see {@link RpcHandler#prefixes}
   */
  protected EndpointHandler(String name, String... prefixes) {
    this.name = name;
    this.prefixes = List.of(prefixes);
  }

  /**
   * Reads settings, and opens what the endpoints need. Called once, when the node starts, before
   * {@link #endpoints}.
   *
   * @param context of the application
   * @throws Exception ends the start of the node with this exception's message
   */
  protected void init(ApplicationContext context) throws Exception {}

  /**
   * Adds the application's endpoints. Called once, when the node starts, behind {@link #init}.
   *
   * @param to where to add them
   * @throws Exception ends the start of the node with this exception's message
   */
  protected abstract void endpoints(Endpoints to) throws Exception;

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final List<String> prefixes() {
    return prefixes;
  }

  /** {@inheritDoc} What a subclass has to do is for {@link #init} and {@link #endpoints}. */
  @Override
  public final void start(ApplicationContext context) throws Exception {
    init(context);
    Endpoints added = new Endpoints();
    endpoints(added);
    if (added.isEmpty()) {
      LOG.warn("application {} has no endpoints: its requests are answered with 404", name);
    }
    endpoints = added;
  }

  /** Those of the endpoint that the request is for. */
  @Override
  public final RequestLimits limits(String method, String path) {
    Endpoints added = endpoints;
    return added == null ? RequestLimits.OF_INTERFACE : added.limits(method, path);
  }

  @Override
  public final void handle(RpcContext request) throws Exception {
    Endpoints added = endpoints;
    if (added == null) {
      throw new IllegalStateException(getClass().getName() + " was not started");
    }
    added.handle(request);
  }
}
