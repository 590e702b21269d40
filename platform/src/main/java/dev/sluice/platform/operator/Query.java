// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The parameters of a request's query; the first thing that is wrong with them stands. */
final class Query {

  private final Map<String, List<String>> parameters;
  private @Nullable RpcResponse problem;

  private Query(Map<String, List<String>> parameters) {
    this.parameters = parameters;
  }

  static Query of(RpcContext request) {
    try {
      return new Query(new QueryStringDecoder("?" + request.query().orElse("")).parameters());
    } catch (IllegalArgumentException undecodable) {
      Query query = new Query(Map.of());
      query.wrong("The query can't be decoded.");
      return query;
    }
  }

  /** A misspelt filter must not show everything. */
  Query allowing(String... names) {
    for (String name : parameters.keySet()) {
      if (!Set.of(names).contains(name)) {
        wrong("Allowed parameters: " + String.join(", ", names) + ".");
      }
    }
    return this;
  }

  Optional<String> text(String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    if (values.size() > 1) {
      wrong("The parameter " + name + " is there more than once.");
    }
    return values.stream().findFirst();
  }

  OptionalLong number(String name, long least, long most) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      long number = Long.parseLong(text.get());
      if (number >= least && number <= most) {
        return OptionalLong.of(number);
      }
    } catch (NumberFormatException none) {
      // Told below.
    }
    wrong("The parameter " + name + " is a number from " + least + " to " + most + ".");
    return OptionalLong.empty();
  }

  Optional<RpcResponse> problem() {
    return Optional.ofNullable(problem);
  }

  private void wrong(String detail) {
    if (problem == null) {
      problem = OperatorJson.problem(400, "invalid_query", detail);
    }
  }
}
