// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RpcHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Netty's header fields as an application sees them. */
public final class HeadersView implements RpcHeaders {

  private final HttpHeaders headers;

  private HeadersView(HttpHeaders headers) {
    this.headers = headers;
  }

  /**
   * The fields of an HTTP/1.1 message.
   *
   * @param headers seen through the view, not copied
   * @return a view
   */
  public static HeadersView of(HttpHeaders headers) {
    return new HeadersView(headers);
  }

  @Override
  public Optional<String> first(CharSequence name) {
    return Optional.ofNullable(headers.get(name));
  }

  @Override
  public List<String> all(CharSequence name) {
    return headers.getAll(name);
  }

  @Override
  public void forEach(BiConsumer<? super String, ? super String> action) {
    headers.forEach(field -> action.accept(field.getKey(), field.getValue()));
  }

  @Override
  public int size() {
    return headers.size();
  }
}
