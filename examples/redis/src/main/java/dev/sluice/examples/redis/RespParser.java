// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads commands: arrays of bulk strings, or words on a line. Remembers how far it has looked, so
 * that a command which comes in many pieces is not looked at from its start each time. Every length
 * is held against its bound when it is announced, before its bytes are waited for.
 */
final class RespParser {

  private static final int MAX_INLINE = 64 << 10;

  /** Digits, a sign and the end of a line. */
  private static final int MAX_HEADER = 32;

  private static final int SMALL = 16;

  private final int maxBulk;
  private final int maxArguments;
  private final int maxCommand;

  // Where the command in hand stands; positions count from the start of the buffer.
  private int missing = -1;
  private int position;
  private int count;
  private int[] begins = new int[SMALL];
  private int[] lengths = new int[SMALL];

  RespParser(int maxBulk, int maxArguments, int maxCommand) {
    this.maxBulk = maxBulk;
    this.maxArguments = maxArguments;
    this.maxCommand = maxCommand;
  }

  /** How much may be left unread between two calls. */
  static int mostUnread(int maxCommand) {
    return Math.max(maxCommand, MAX_INLINE) + MAX_HEADER;
  }

  /**
   * Takes a command off the front of a buffer.
   *
   * @param in when nothing was taken, the next call has to bring the same bytes, with more behind
   * @return null: nothing was taken, it is not whole yet; empty: a line without words
   */
  byte @Nullable [][] next(ByteBuf in) throws ProtocolException {
    if (!in.isReadable()) {
      return null;
    }
    if (missing < 0) {
      if (in.getByte(in.readerIndex()) != '*') {
        return inline(in);
      }
      long announced = header(in, "invalid multibulk length");
      if (announced == INCOMPLETE) {
        return null;
      }
      if (announced > maxArguments) {
        throw new ProtocolException("invalid multibulk length");
      }
      missing = (int) Math.max(0, announced);
    }
    while (missing > 0) {
      if (!argument(in)) {
        return null;
      }
    }
    return take(in);
  }

  /** Whether another argument is whole. */
  private boolean argument(ByteBuf in) throws ProtocolException {
    int start = position;
    if (in.readableBytes() <= start) {
      return false;
    }
    byte kind = in.getByte(in.readerIndex() + start);
    if (kind != '$') {
      throw new ProtocolException("expected '$', got '" + printable(kind) + "'");
    }
    long length = header(in, "invalid bulk length");
    if (length == INCOMPLETE) {
      return false;
    }
    if (length < 0 || length > maxBulk) {
      throw new ProtocolException("invalid bulk length");
    }
    if (position + length + 2 > maxCommand) {
      throw new ProtocolException("too long a command");
    }
    int end = position + (int) length;
    if (in.readableBytes() < end + 2) {
      position = start;
      return false;
    }
    if (in.getShort(in.readerIndex() + end) != 0x0d0a) {
      throw new ProtocolException("no end of a bulk string");
    }
    if (count == begins.length) {
      begins = Arrays.copyOf(begins, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
    }
    begins[count] = position;
    lengths[count++] = (int) length;
    position = end + 2;
    missing--;
    return true;
  }

  private byte[][] take(ByteBuf in) {
    byte[][] arguments = new byte[count][];
    for (int i = 0; i < count; i++) {
      arguments[i] = new byte[lengths[i]];
      in.getBytes(in.readerIndex() + begins[i], arguments[i]);
    }
    in.skipBytes(position);
    missing = -1;
    position = 0;
    count = 0;
    if (begins.length > 16 * SMALL) {
      begins = new int[SMALL];
      lengths = new int[SMALL];
    }
    return arguments;
  }

  private static final long INCOMPLETE = Long.MIN_VALUE;

  /** The number behind the character at the position, which then stands behind its line. */
  private long header(ByteBuf in, String otherwise) throws ProtocolException {
    int from = in.readerIndex() + position + 1;
    int most = Math.min(in.writerIndex(), from + MAX_HEADER);
    boolean negative = from < most && in.getByte(from) == '-';
    int at = negative ? from + 1 : from;
    long number = 0;
    int first = at;
    for (; at < most; at++) {
      byte digit = in.getByte(at);
      if (digit == '\r') {
        break;
      }
      if (digit < '0' || digit > '9' || at - first > 10) {
        throw new ProtocolException(otherwise);
      }
      number = number * 10 + (digit - '0');
    }
    if (at + 1 >= in.writerIndex()) {
      return INCOMPLETE;
    }
    if (at == first || in.getByte(at) != '\r' || in.getByte(at + 1) != '\n') {
      throw new ProtocolException(otherwise);
    }
    position = at + 2 - in.readerIndex();
    return negative ? -number : number;
  }

  private byte @Nullable [][] inline(ByteBuf in) throws ProtocolException {
    int looked = Math.min(position, in.readableBytes());
    int end = in.indexOf(in.readerIndex() + looked, in.writerIndex(), (byte) '\n');
    int length = end < 0 ? in.readableBytes() : end - in.readerIndex();
    if (length > MAX_INLINE) {
      throw new ProtocolException("too big inline request");
    }
    if (end < 0) {
      position = length;
      return null;
    }
    position = 0;
    byte[] line = new byte[length];
    in.readBytes(line).skipBytes(1);
    int most = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
    return words(line, most);
  }

  private byte[][] words(byte[] line, int end) throws ProtocolException {
    List<byte[]> words = new ArrayList<>();
    int at = 0;
    while (at < end) {
      if (blank(line[at])) {
        at++;
        continue;
      }
      byte quote = line[at];
      boolean quoted = quote == '"' || quote == '\'';
      int from = quoted ? at + 1 : at;
      int to = from;
      while (to < end && (quoted ? line[to] != quote : !blank(line[to]))) {
        to++;
      }
      at = quoted ? to + 1 : to;
      if (quoted && (to == end || (at < end && !blank(line[at])))) {
        throw new ProtocolException("unbalanced quotes in request");
      }
      words.add(Arrays.copyOfRange(line, from, to));
      if (words.size() > maxArguments) {
        throw new ProtocolException("too many arguments");
      }
    }
    return words.toArray(byte[][]::new);
  }

  private static boolean blank(byte character) {
    return character == ' ' || character == '\t' || character == 0;
  }

  private static String printable(byte character) {
    return character > ' ' && character < 127
        ? new String(new byte[] {character}, ISO_8859_1)
        : "\\x" + Integer.toHexString(character & 0xff);
  }
}
