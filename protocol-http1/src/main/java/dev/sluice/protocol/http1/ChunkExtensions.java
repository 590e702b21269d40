// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.protocol.http.Octets;

/**
 * What may stand behind a chunk's size (RFC 9112, section 7.1.1). What it says is nothing to us,
 * but a quoted string that does not end on its line is: another reader may look for its end behind
 * the line's, and see another message.
 */
final class ChunkExtensions {

  private final byte[] line;
  private final int end;
  private int at;

  private ChunkExtensions(byte[] line, int from, int to) {
    this.line = line;
    this.at = from;
    this.end = to;
  }

  static boolean areValid(byte[] line, int from, int to) {
    return new ChunkExtensions(line, from, to).areValid();
  }

  private boolean areValid() {
    while (at < end) {
      skipBlanks();
      if (!skip(';')) {
        return false;
      }
      skipBlanks();
      if (!skipToken()) {
        return false;
      }
      int behindName = at;
      skipBlanks();
      if (skip('=')) {
        skipBlanks();
        boolean quoted = at < end && line[at] == '"';
        // A string that is none must not be gone on with as a token behind where it broke.
        if (quoted ? !skipQuoted() : !skipToken()) {
          return false;
        }
      } else {
        at = behindName;
      }
    }
    return true;
  }

  private boolean skip(char c) {
    boolean there = at < end && line[at] == c;
    if (there) {
      at++;
    }
    return there;
  }

  private void skipBlanks() {
    while (at < end && (line[at] == ' ' || line[at] == '\t')) {
      at++;
    }
  }

  private boolean skipToken() {
    int from = at;
    while (at < end && Octets.isToken(line, at, at + 1)) {
      at++;
    }
    return at > from;
  }

  /** RFC 9110, section 5.6.4, without the bytes above ASCII, which other readers refuse here. */
  private boolean skipQuoted() {
    if (!skip('"')) {
      return false;
    }
    while (at < end && line[at] != '"') {
      at += line[at] == '\\' ? 2 : 1;
      if (at > end || line[at - 1] < 0 || !Octets.isValue(line, at - 1, at)) {
        return false;
      }
    }
    return skip('"');
  }
}
