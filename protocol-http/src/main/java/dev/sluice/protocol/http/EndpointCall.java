// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import java.util.Map;

/**
 * A request at an endpoint.
 *
 * @param request the request
 * @param parameters of its path by name, percent-decoded; may hold any character, slashes too; a
 *     rest of the path has no dot segments, one segment may be one
 */
public record EndpointCall(RpcContext request, Map<String, String> parameters) {

  /**
   * A parameter of the path.
   *
   * @param name as the template has it
   * @return percent-decoded
   * @throws IllegalArgumentException if the template has no such parameter
   */
  public String parameter(String name) {
    String value = parameters.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no parameter " + name);
    }
    return value;
  }

  /**
   * Short for {@code request().respond(response)}.
   *
   * @param response passes to the node
   */
  public void respond(RpcResponse response) {
    boolean unused = request.respond(response);
  }
}
