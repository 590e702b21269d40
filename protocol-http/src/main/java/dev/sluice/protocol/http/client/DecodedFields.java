// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.RpcHeaders;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** The fields of a response whose body is passed on without its compression: all but its length. */
record DecodedFields(RpcHeaders sent) implements RpcHeaders {

  static HttpResponseHead of(HttpResponseHead sent) {
    return new HttpResponseHead(
        sent.protocol(),
        sent.status(),
        new DecodedFields(sent.headers()),
        HttpClientRequest.UNKNOWN_LENGTH);
  }

  private static boolean isGone(CharSequence name) {
    String text = name.toString();
    return text.equalsIgnoreCase("content-encoding") || text.equalsIgnoreCase("content-length");
  }

  @Override
  public Optional<String> first(CharSequence name) {
    return isGone(name) ? Optional.empty() : sent.first(name);
  }

  @Override
  public List<String> all(CharSequence name) {
    return isGone(name) ? List.of() : sent.all(name);
  }

  @Override
  public void forEach(BiConsumer<? super String, ? super String> action) {
    sent.forEach(
        (name, value) -> {
          if (!isGone(name)) {
            action.accept(name, value);
          }
        });
  }

  @Override
  public int size() {
    return sent.size() - sent.all("content-encoding").size() - sent.all("content-length").size();
  }
}
