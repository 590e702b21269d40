// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Header fields to send, in their order, each looked at when it is added: no name and no value can
 * split the message that they go into. For one thread at a time.
 */
public final class OutgoingFields {

  /** The node's own: they say how a message is framed and what becomes of the connection. */
  private static final Set<String> RESERVED =
      Set.of("connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade");

  private static final int TOKEN_CHARACTERS = 128;
  private static final boolean[] TOKEN = new boolean[TOKEN_CHARACTERS];

  static {
    // RFC 9110, section 5.6.2.
    for (char c = 0; c < TOKEN_CHARACTERS; c++) {
      TOKEN[c] =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }
  }

  private static final int FEW = 4;

  // Names and values in turn.
  private String[] fields = new String[FEW];
  private int filled;

  /** Without fields. */
  public OutgoingFields() {}

  /**
   * Adds a field.
   *
   * @param name a token (RFC 9110, section 5.6.2)
   * @param value no control characters but tabs, none above U+00FF, and no white space around it
   * @return this
   * @throws IllegalArgumentException if either has another form, or the field is the node's own, as
   *     {@code transfer-encoding} is
   */
  public OutgoingFields add(String name, String value) {
    if (!isToken(name)) {
      throw new IllegalArgumentException("a header field's name must be a token");
    }
    if (isReserved(name)) {
      throw new IllegalArgumentException("the field " + name + " is the node's to send");
    }
    checkValue(name, value);
    if (filled == fields.length) {
      fields = Arrays.copyOf(fields, 2 * filled);
    }
    fields[filled++] = name;
    fields[filled++] = value;
    return this;
  }

  /**
   * Whether the node sends the field by itself, so that it can't be added.
   *
   * @param name in any case
   * @return {@code true} for {@code connection}, {@code transfer-encoding} and their kind
   */
  public static boolean isReserved(String name) {
    // Most names are not of a length to be asked further.
    return switch (name.length()) {
      case 2, 7, 10, 16, 17 -> RESERVED.contains(name.toLowerCase(Locale.ROOT));
      default -> false;
    };
  }

  /**
   * Whether a text is a token (RFC 9110, section 5.6.2), as names of fields and methods are.
   *
   * @param text any
   * @return {@code false} also where it is empty
   */
  public static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= TOKEN_CHARACTERS || !TOKEN[c]) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /**
   * How many fields were added.
   *
   * @return 0 or more
   */
  public int size() {
    return filled / 2;
  }

  /**
   * A field's name.
   *
   * @param index in the order that they were added
   * @return as it was given
   */
  public String name(int index) {
    return fields[2 * Objects.checkIndex(index, size())];
  }

  /**
   * A field's value.
   *
   * @param index in the order that they were added
   * @return as it was given
   */
  public String value(int index) {
    return fields[2 * Objects.checkIndex(index, size()) + 1];
  }

  /**
   * Visits the fields in the order that they were added.
   *
   * @param action given name and value
   */
  public void forEach(BiConsumer<? super String, ? super String> action) {
    for (int i = 0; i < size(); i++) {
      action.accept(name(i), value(i));
    }
  }

  private static void checkValue(String name, String value) {
    int length = value.length();
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
        throw new IllegalArgumentException(
            "the value of " + name + " has a character at " + i + " that no field may have");
      }
    }
    if (length > 0 && (isBlank(value.charAt(0)) || isBlank(value.charAt(length - 1)))) {
      throw new IllegalArgumentException("the value of " + name + " has white space around it");
    }
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}
