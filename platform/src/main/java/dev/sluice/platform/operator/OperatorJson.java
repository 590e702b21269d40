// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.Unpooled;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers in JSON: field names in snake case, absent values left out. */
final class OperatorJson {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  private OperatorJson() {}

  static byte[] bytes(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Takes no field that the type does not have. */
  static <T> @Nullable T read(String text, Class<T> type) throws JsonProcessingException {
    return MAPPER.readValue(text, type);
  }

  static RpcResponse answer(int status, Object value) {
    return answer(status, "application/json", value);
  }

  /** RFC 9457, as the node's own answers have it. */
  static RpcResponse problem(int status, String code, String detail) {
    Map<String, Object> problem = new LinkedHashMap<>();
    problem.put("type", "about:blank");
    problem.put("status", status);
    problem.put("code", code);
    problem.put("detail", detail);
    return answer(status, "application/problem+json", problem);
  }

  private static RpcResponse answer(int status, String type, Object value) {
    return RpcResponse.of(status)
        .header("content-type", type)
        .header("cache-control", "no-store")
        .header("x-content-type-options", "nosniff")
        .body(Unpooled.wrappedBuffer(bytes(value), new byte[] {'\n'}));
  }
}
