// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import dev.sluice.api.rpc.RpcHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;

/**
 * A message as a reader has read it to its end, and where that was.
 *
 * @param line what its first line says: method and target, or status
 * @param fields in their order
 * @param body as Latin-1
 * @param trailers behind the body
 * @param end how many bytes of the connection had come when it was whole; less than 0: not known
 */
public record ReadMessage(
    String line, List<String> fields, String body, List<String> trailers, int end) {

  /** The same, but that nothing is said of its end where the other's is not known. */
  ReadMessage endingAt(int other) {
    return other < 0 ? new ReadMessage(line, fields, body, trailers, other) : this;
  }

  ReadMessage with(String otherLine, List<String> otherFields) {
    return new ReadMessage(otherLine, otherFields, body, trailers, end);
  }

  public static List<String> texts(HttpHeaders fields) {
    List<String> texts = new ArrayList<>();
    fields.forEach(field -> texts.add(field.getKey() + ": " + field.getValue()));
    return texts;
  }

  public static List<String> texts(RpcHeaders fields) {
    List<String> texts = new ArrayList<>();
    fields.forEach((name, value) -> texts.add(name + ": " + value));
    return texts;
  }
}
