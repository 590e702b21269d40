// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import com.google.auto.service.AutoService;
import dev.sluice.api.Execution;
import dev.sluice.api.Setting;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.RpcDispatcher;
import dev.sluice.protocol.http.client.HttpClient;
import io.netty.util.concurrent.EventExecutor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Passes {@code /app/relay/{node}/rest} on to another node as {@code /rest}, both bodies part by
 * part.
 */
@AutoService(RpcHandler.class)
public final class RelayApp implements RpcHandler {

  private static final String PREFIX = "/app/relay/";

  /** More relays than this on the way are a circle. */
  private static final int MOST_RELAYS = 8;

  /**
   * What the operator decides.
   *
   * @param nodes by their names in the path
   */
  public record Settings(
      @Setting(
              description = "The nodes that requests are passed on to, by their names in the path.",
              defaultValue = "{}")
          Map<String, Destination> nodes) {}

  /** A node, and what asks it: a client on each event loop, so that bytes stay on their thread. */
  private record Far(
      OutboundTarget target, OutboundOptions options, Map<EventExecutor, HttpClient> clients) {

    HttpClient client(RpcContext request) {
      return clients.computeIfAbsent(
          request.connection().executor(),
          loop -> HttpClient.builder(request.connection().outbound()).options(options).build());
    }
  }

  private final Map<String, Far> nodes = new HashMap<>();

  /** For the service loader. */
  public RelayApp() {}

  @Override
  public String name() {
    return "relay";
  }

  @Override
  public List<String> prefixes() {
    return List.of(PREFIX);
  }

  /** Passing on only computes. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(Settings.class);
  }

  @Override
  public void start(ApplicationContext node) {
    node.settings(Settings.class)
        .nodes()
        .forEach(
            (name, to) ->
                nodes.put(
                    name, new Far(to.outboundTarget(), to.options(), new ConcurrentHashMap<>())));
  }

  @Override
  public void stop() {
    nodes.values().forEach(far -> far.clients().values().forEach(HttpClient::close));
  }

  @Override
  public void handle(RpcContext request) {
    String path = request.path();
    int slash = path.indexOf('/', PREFIX.length());
    Far far = slash < 0 ? null : nodes.get(path.substring(PREFIX.length(), slash));
    if (far == null) {
      boolean unused = request.respond(Fields.problem(404, "no_such_node"));
    } else if (Fields.relays(request.headers()) >= MOST_RELAYS) {
      boolean unused = request.respond(Fields.problem(508, "loop_detected"));
    } else if (Fields.maxForwards(request).orElse(1) == 0) {
      // RFC 9110, section 7.6.2: answered here, as by the one that it was for.
      boolean unused = request.respond(RpcResponse.of(204).header("allow", RpcDispatcher.METHODS));
    } else {
      String target = path.substring(slash) + request.query().map(query -> "?" + query).orElse("");
      RelayedRequest.send(request, target, far.client(request), far.target());
    }
  }
}
