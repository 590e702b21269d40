// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

/** Bytes for a terminal. */
public final class Printable {

  private Printable() {}

  /**
   * A text that may come from anybody, as one line that does nothing to a terminal.
   *
   * @param text as it was found
   * @return with a question mark for each control character
   */
  public static String text(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int at = 0; at < text.length(); at++) {
      char one = text.charAt(at);
      int kind = Character.getType(one);
      boolean does =
          Character.isISOControl(one)
              || kind == Character.FORMAT
              || kind == Character.LINE_SEPARATOR
              || kind == Character.PARAGRAPH_SEPARATOR;
      out.append(does ? '?' : one);
    }
    return out.toString();
  }

  /**
   * The bytes in quotes, as a string in a program: what is not printable ASCII is escaped.
   *
   * @param data the bytes
   * @return one line
   */
  public static String of(byte[] data) {
    StringBuilder out = new StringBuilder("\"");
    for (byte one : data) {
      switch (one) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        default -> {
          if (one >= ' ' && one < 0x7f) {
            out.append((char) one);
          } else {
            out.append(String.format("\\x%02x", one));
          }
        }
      }
    }
    return out.append('"').toString();
  }
}
