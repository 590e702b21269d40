// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RequestLimits;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The endpoints of an application: which method and path template is answered by what.
 *
 * <pre>{@code
 * Endpoints endpoints =
 *     new Endpoints()
 *         .get("/app/log/{id}", call -> call.respond(find(call.parameter("id"))))
 *         .post("/app/log/{id}", this::append);
 * }</pre>
 *
 * <p>A path that no template fits is answered with 404; one that fits with another method, with 405
 * and {@code Allow}. {@code HEAD} is answered by the endpoint for {@code GET}, and {@code OPTIONS}
 * with what is allowed, where they have no endpoint of their own. Put together by one thread before
 * the first request; then for any thread.
 */
public final class Endpoints {

  private final RouteTree routes = new RouteTree();

  /** Those whose template has no parameter; nothing fits such a path better. */
  private final Map<String, RouteTree.Route> fixed = new HashMap<>();

  /** Of those endpoints that have any of their own. */
  private final IdentityHashMap<Endpoint, RequestLimits> limits = new IdentityHashMap<>();

  private boolean empty = true;

  /** None. */
  public Endpoints() {}

  boolean isEmpty() {
    return empty;
  }

  /**
   * Adds an endpoint for {@code GET}, and {@code HEAD} with it.
   *
   * @param template such as {@code /app/log/{id}}
   * @param endpoint answers
   * @return this
   */
  public Endpoints get(String template, Endpoint endpoint) {
    return on("GET", template, endpoint);
  }

  /**
   * Adds an endpoint for {@code POST}.
   *
   * @param template such as {@code /app/log/{id}}
   * @param endpoint answers
   * @return this
   */
  public Endpoints post(String template, Endpoint endpoint) {
    return on("POST", template, endpoint);
  }

  /**
   * Adds an endpoint for {@code PUT}.
   *
   * @param template such as {@code /app/log/{id}}
   * @param endpoint answers
   * @return this
   */
  public Endpoints put(String template, Endpoint endpoint) {
    return on("PUT", template, endpoint);
  }

  /**
   * Adds an endpoint for {@code DELETE}.
   *
   * @param template such as {@code /app/log/{id}}
   * @param endpoint answers
   * @return this
   */
  public Endpoints delete(String template, Endpoint endpoint) {
    return on("DELETE", template, endpoint);
  }

  /**
   * Adds an endpoint.
   *
   * @param method in upper case
   * @param template a path, of which whole segments may be parameters: {@code {id}} is one segment,
   *     {@code {path*}}, as the last, all the rest, which never has dot segments
   * @param endpoint answers
   * @return this
   * @throws IllegalArgumentException if the template has another form, or there is an endpoint for
   *     the same requests
   */
  public Endpoints on(String method, String template, Endpoint endpoint) {
    PathTemplate parsed = PathTemplate.parse(template);
    RouteTree.Route route = routes.at(parsed);
    if (!route.template().toString().equals(template)) {
      throw new IllegalArgumentException(
          template + " names the parameters of " + route.template() + " differently");
    }
    if (!parsed.hasParameters()) {
      fixed.put(template, route);
    }
    if (route.methods().putIfAbsent(method, endpoint) != null) {
      throw new IllegalArgumentException(method + " " + template + " is there twice");
    }
    empty = false;
    RequestLimits own = endpoint.limits();
    if (own != RequestLimits.OF_INTERFACE) {
      limits.put(endpoint, own);
    }
    return this;
  }

  /**
   * The limits of a request, as its endpoint has them; see {@link
   * dev.sluice.api.rpc.RpcHandler#limits}. Costs a search of its own once an endpoint has any.
   *
   * @param method of the request
   * @param path of the request
   * @return those of the interface where there is no such endpoint, or it has none of its own
   */
  public RequestLimits limits(String method, String path) {
    if (limits.isEmpty()) {
      return RequestLimits.OF_INTERFACE;
    }
    RouteTree.Route known = fixed.get(path);
    Endpoint found = known == null ? null : known.endpoint(method);
    if (found == null) {
      RouteTree.Route route = routes.find(path, method);
      found = route == null ? null : route.endpoint(method);
    }
    RequestLimits own = found == null ? null : limits.get(found);
    return own == null ? RequestLimits.OF_INTERFACE : own;
  }

  /**
   * Calls the endpoint that a request is for, or answers in the place of one.
   *
   * @param request as a handler is given it
   * @throws Exception what the endpoint throws
   */
  public void handle(RpcContext request) throws Exception {
    RouteTree.Route known = fixed.get(request.path());
    Endpoint direct = known == null ? null : known.endpoint(request.method());
    if (direct != null) {
      direct.handle(new EndpointCall(request, Map.of()));
      return;
    }
    RouteTree.Route route = routes.find(request.path(), request.method());
    Endpoint endpoint = route == null ? null : route.endpoint(request.method());
    if (route == null || endpoint == null) {
      notServed(request);
      return;
    }
    PathParameters parameters = route.template().parameters(request.path());
    if (parameters == null || route.template().leadsElsewhere(parameters)) {
      answer(request, HttpProblem.INVALID_PARAMETER, HttpProblem.INVALID_PARAMETER.response());
      return;
    }
    endpoint.handle(new EndpointCall(request, parameters));
  }

  /** There is nothing at the path, or nothing for the method. */
  private void notServed(RpcContext request) {
    Set<String> allowed = new LinkedHashSet<>();
    routes.collectMethods(request.path(), request.method(), allowed);
    if (allowed.isEmpty()) {
      answer(request, HttpProblem.NOT_FOUND, HttpProblem.NOT_FOUND.response());
      return;
    }
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    allowed.add("OPTIONS");
    String allow = String.join(", ", allowed);
    if (request.method().equals("OPTIONS")) {
      boolean unused = request.respond(RpcResponse.of(204).header("allow", allow));
    } else {
      answer(
          request,
          HttpProblem.METHOD_NOT_ALLOWED,
          HttpProblem.METHOD_NOT_ALLOWED.response().header("allow", allow));
    }
  }

  private static void answer(RpcContext request, HttpProblem problem, RpcResponse response) {
    request.connection().count(problem.code());
    boolean unused = request.respond(response);
  }
}
