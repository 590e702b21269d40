// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.RpcHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * The header fields of a message as an application sees them: without the pseudo-header fields, and
 * with a cookie in one piece, however it was cut (RFC 9113, section 8.2.3).
 */
final class FieldsView implements RpcHeaders {

  private final Http2Headers headers;

  FieldsView(Http2Headers headers) {
    this.headers = headers;
  }

  /** Such as {@code :path}. */
  static boolean isPseudo(CharSequence name) {
    return name.length() > 0 && name.charAt(0) == ':';
  }

  private static boolean isCookie(CharSequence name) {
    return AsciiString.contentEquals(HttpHeaderNames.COOKIE, name);
  }

  @Override
  public Optional<String> first(CharSequence name) {
    CharSequence lower = lower(name);
    if (isPseudo(lower)) {
      return Optional.empty();
    }
    if (isCookie(lower)) {
      return cookie();
    }
    CharSequence value = headers.get(lower);
    return value == null ? Optional.empty() : Optional.of(value.toString());
  }

  @Override
  public List<String> all(CharSequence name) {
    CharSequence lower = lower(name);
    if (isPseudo(lower)) {
      return List.of();
    }
    if (isCookie(lower)) {
      return cookie().map(List::of).orElse(List.of());
    }
    List<String> values = new ArrayList<>(2);
    for (CharSequence value : headers.getAll(lower)) {
      values.add(value.toString());
    }
    return values;
  }

  @Override
  public void forEach(BiConsumer<? super String, ? super String> action) {
    boolean cookieTold = false;
    for (Map.Entry<CharSequence, CharSequence> field : headers) {
      CharSequence name = field.getKey();
      if (isPseudo(name)) {
        continue;
      }
      if (!isCookie(name)) {
        action.accept(name.toString(), field.getValue().toString());
      } else if (!cookieTold) {
        cookieTold = true;
        action.accept(name.toString(), cookie().orElse(""));
      }
    }
  }

  @Override
  public int size() {
    int size = 0;
    boolean cookies = false;
    for (Map.Entry<CharSequence, CharSequence> field : headers) {
      if (isCookie(field.getKey())) {
        cookies = true;
      } else if (!isPseudo(field.getKey())) {
        size++;
      }
    }
    return cookies ? size + 1 : size;
  }

  private Optional<String> cookie() {
    List<CharSequence> crumbs = headers.getAll(HttpHeaderNames.COOKIE);
    return crumbs.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", crumbs));
  }

  /** As names are on the wire (section 8.2.1). */
  private static CharSequence lower(CharSequence name) {
    return name instanceof AsciiString ascii
        ? ascii.toLowerCase()
        : name.toString().toLowerCase(Locale.ROOT);
  }
}
