// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RequestLimits;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

  private final List<Route> routes = new ArrayList<>();

  /** Those whose template has no parameter; nothing fits such a path better. */
  private final Map<String, Route> fixed = new HashMap<>();

  /** Of those endpoints that have any of their own. */
  private final IdentityHashMap<Endpoint, RequestLimits> limits = new IdentityHashMap<>();

  private record Route(PathTemplate template, Map<String, Endpoint> methods) {}

  /** None. */
  public Endpoints() {}

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
    Route route = null;
    for (Route known : routes) {
      if (known.template.equals(parsed)) {
        route = known;
      }
    }
    if (route == null) {
      route = new Route(parsed, new LinkedHashMap<>());
      routes.add(route);
      if (!parsed.hasParameters()) {
        fixed.put(template, route);
      }
      routes.sort((a, b) -> a.template.compareTo(b.template));
    } else if (!route.template.toString().equals(template)) {
      throw new IllegalArgumentException(
          template + " names the parameters of " + route.template + " differently");
    }
    if (route.methods.putIfAbsent(method, endpoint) != null) {
      throw new IllegalArgumentException(method + " " + template + " is there twice");
    }
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
    Route known = fixed.get(path);
    Endpoint found = known == null ? null : endpoint(known, method);
    if (found == null) {
      String[] words = PathTemplate.words(path);
      for (int i = 0; found == null && i < routes.size(); i++) {
        Route route = routes.get(i);
        found = route.template.fits(words) ? endpoint(route, method) : null;
      }
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
    Route known = fixed.get(request.path());
    Endpoint direct = known == null ? null : endpoint(known, request.method());
    if (direct != null) {
      direct.handle(new EndpointCall(request, Map.of()));
      return;
    }
    String[] words = PathTemplate.words(request.path());
    Set<String> allowed = new LinkedHashSet<>();
    for (Route route : routes) {
      if (!route.template.fits(words)) {
        continue;
      }
      Endpoint endpoint = endpoint(route, request.method());
      if (endpoint == null) {
        allowed.addAll(route.methods.keySet());
        continue;
      }
      Map<String, String> parameters = route.template.parameters(words);
      if (!decode(parameters) || route.template.hasDotSegments(parameters)) {
        answer(request, HttpProblem.INVALID_PARAMETER, HttpProblem.INVALID_PARAMETER.response());
        return;
      }
      endpoint.handle(new EndpointCall(request, parameters));
      return;
    }
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

  private static @Nullable Endpoint endpoint(Route route, String method) {
    Endpoint own = route.methods.get(method);
    return own == null && method.equals("HEAD") ? route.methods.get("GET") : own;
  }

  private static void answer(RpcContext request, HttpProblem problem, RpcResponse response) {
    request.connection().count(problem.code());
    boolean unused = request.respond(response);
  }

  private static boolean decode(Map<String, String> parameters) {
    for (Map.Entry<String, String> parameter : parameters.entrySet()) {
      String decoded = decode(parameter.getValue());
      if (decoded == null) {
        return false;
      }
      parameter.setValue(decoded);
    }
    return true;
  }

  /** Null where the bytes are no UTF-8. The path's syntax was checked with the request. */
  private static @Nullable String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    ByteBuffer bytes = ByteBuffer.allocate(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%' && i + 2 < text.length()) {
        int high = Character.digit(text.charAt(i + 1), 16);
        int low = Character.digit(text.charAt(i + 2), 16);
        if (high < 0 || low < 0) {
          return null;
        }
        bytes.put((byte) (high << 4 | low));
        i += 2;
      } else if (c == '%') {
        return null;
      } else {
        bytes.put((byte) c);
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
