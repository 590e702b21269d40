// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.OutgoingFields;

/** Which bytes may stand where in a request. */
public final class Octets {

  private static final int TOKEN = 1;
  private static final int VALUE = 2;
  private static final int PATH = 4;
  private static final int QUERY = 8;
  private static final int HOST = 16;

  private static final String SUB_DELIMS = "!$&'()*+,;=";

  private static final byte[] KINDS = new byte[256];

  static {
    for (int c = 0; c < 256; c++) {
      boolean letterOrDigit =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      boolean unreserved = letterOrDigit || "-._~".indexOf(c) >= 0;
      int kind = 0;
      // As of what applications send.
      if (OutgoingFields.isToken(String.valueOf((char) c))) {
        kind |= TOKEN;
      }
      // RFC 9110, section 5.5: visible characters, space, tab and bytes above ASCII.
      if (c == '\t' || (c >= ' ' && c != 0x7f)) {
        kind |= VALUE;
      }
      // RFC 3986, section 3.3, and what browsers leave as it is in a path (WHATWG URL); the percent
      // sign is looked at further.
      if (unreserved || (c > 0 && (SUB_DELIMS + ":@/%[]|").indexOf(c) >= 0)) {
        kind |= PATH;
      }
      // RFC 3986, section 3.4, and what browsers leave as it is in a query (WHATWG URL).
      if (unreserved || (c > 0 && (SUB_DELIMS + ":@/%?[]{}|\\^`").indexOf(c) >= 0)) {
        kind |= QUERY;
      }
      // RFC 3986, section 3.2.2: a name or an IPv4 address.
      if (unreserved || (c > 0 && (SUB_DELIMS + "%").indexOf(c) >= 0)) {
        kind |= HOST;
      }
      KINDS[c] = (byte) kind;
    }
  }

  private Octets() {}

  /**
   * A token (RFC 9110, section 5.6.2), as methods and field names are.
   *
   * @param bytes hold it
   * @param from its first byte
   * @param to behind its last
   * @return {@code false} also where it is empty
   */
  public static boolean isToken(byte[] bytes, int from, int to) {
    return from < to && all(TOKEN, bytes, from, to);
  }

  /**
   * A field's value (RFC 9110, section 5.5), white space around it allowed.
   *
   * @param bytes hold it
   * @param from its first byte
   * @param to behind its last
   * @return {@code true} also where it is empty
   */
  public static boolean isValue(byte[] bytes, int from, int to) {
    return all(VALUE, bytes, from, to);
  }

  private static boolean all(int kind, byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if ((KINDS[bytes[i] & 0xff] & kind) == 0) {
        return false;
      }
    }
    return true;
  }

  /** With every percent sign followed by two hexadecimal digits (RFC 3986, section 2.1). */
  static boolean isPath(String text) {
    return all(PATH, text) && isEncoded(text);
  }

  static boolean isQuery(String text) {
    return all(QUERY, text);
  }

  static boolean isHostName(String text) {
    return all(HOST, text) && isEncoded(text);
  }

  private static boolean all(int kind, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > 0xff || (KINDS[c] & kind) == 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isEncoded(String text) {
    for (int i = text.indexOf('%'); i >= 0; i = text.indexOf('%', i + 1)) {
      if (i + 2 >= text.length()
          || Character.digit(text.charAt(i + 1), 16) < 0
          || Character.digit(text.charAt(i + 2), 16) < 0) {
        return false;
      }
    }
    return true;
  }
}
