// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;

/** Which header fields go on to the other side (RFC 9110, section 7.6). */
final class Fields {

  private static final String PSEUDONYM = "sluice-relay";

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

  static RpcResponse problem(int status, String code) {
    return RpcResponse.of(status)
        .header("content-type", "application/json")
        .body("{\"status\":" + status + ",\"code\":\"" + code + "\"}\n");
  }
}
