// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import java.util.HashSet;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiConsumer;

/** Which header fields go on to the other side (RFC 9110, section 7.6). */
final class Fields {

  private static final String PSEUDONYM = "sluice-relay";
  private static final String MAX_FORWARDS = "max-forwards";

  /** They speak of one connection, or are put together anew. */
  private static final Set<String> NOT_PASSED_ON =
      Set.of(
          "host",
          "content-length",
          "expect",
          "proxy-authenticate",
          "proxy-authorization",
          "trailer");

  private Fields() {}

  /** Those that go on. */
  static void passOn(RpcHeaders from, BiConsumer<String, String> to) {
    Set<String> named = new HashSet<>(NOT_PASSED_ON);
    for (String value : from.all("connection")) {
      for (String option : value.split(",", -1)) {
        named.add(option.strip().toLowerCase(Locale.ROOT));
      }
    }
    from.forEach(
        (name, value) -> {
          if (!named.contains(name.toLowerCase(Locale.ROOT)) && !OutgoingFields.isReserved(name)) {
            to.accept(name, value);
          }
        });
  }

  /** Section 7.6.3. */
  static String via(String protocol) {
    return protocol.substring(protocol.indexOf('/') + 1) + " " + PSEUDONYM;
  }

  /** How many relays of this kind a request has passed. */
  static int relays(RpcHeaders fields) {
    int relays = 0;
    for (String value : fields.all("via")) {
      for (int i = value.indexOf(PSEUDONYM); i >= 0; i = value.indexOf(PSEUDONYM, i + 1)) {
        relays++;
      }
    }
    return relays;
  }

  /**
   * Section 7.6.2: how many relays a request may still pass, which counts for OPTIONS alone here.
   * What is no number counts for nothing, and is passed on.
   */
  static OptionalInt maxForwards(RpcContext request) {
    String text = request.headers().first(MAX_FORWARDS).orElse("");
    if (text.isEmpty() || !request.method().equals("OPTIONS")) {
      return OptionalInt.empty();
    }
    long number = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return OptionalInt.empty();
      }
      number = Math.min(number * 10 + c - '0', Integer.MAX_VALUE);
    }
    return OptionalInt.of((int) number);
  }

  /** Those of a request, one relay further. */
  static void passOn(RpcContext request, BiConsumer<String, String> to) {
    OptionalInt forwards = maxForwards(request);
    passOn(
        request.headers(),
        (name, value) -> {
          boolean counted = forwards.isPresent() && name.equalsIgnoreCase(MAX_FORWARDS);
          to.accept(name, counted ? Integer.toString(forwards.getAsInt() - 1) : value);
        });
    to.accept("via", via(request.protocol()));
  }

  static RpcResponse problem(int status, String code) {
    return RpcResponse.of(status)
        .header("content-type", "application/json")
        .body("{\"status\":" + status + ",\"code\":\"" + code + "\"}\n");
  }
}
