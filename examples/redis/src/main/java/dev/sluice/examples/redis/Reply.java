// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Collection;

/** Writes answers as the client's version of the protocol has them. In the session's order. */
final class Reply {

  private static final int NUMBER = 24;

  private final Output out;
  private final long maxReply;
  private int version = 2;

  Reply(Output out, long maxReply) {
    this.out = out;
    this.maxReply = maxReply;
  }

  int version() {
    return version;
  }

  void version(int agreed) {
    version = agreed;
  }

  /** Before an answer whose length depends on what is stored. */
  void check(long length) {
    if (length > maxReply) {
      throw new CommandException("ERR the reply would be longer than max_reply");
    }
  }

  void simple(String text) {
    line('+', text);
  }

  void ok() {
    simple("OK");
  }

  void error(String text) {
    line('-', text);
  }

  private void line(char kind, String text) {
    ByteBuf to = out.room(ByteBufUtil.utf8Bytes(text) + 3).writeByte(kind);
    ByteBufUtil.writeUtf8(to, text);
    to.writeShort(0x0d0a);
  }

  void integer(long number) {
    header(':', number);
  }

  void bool(boolean yes) {
    integer(yes ? 1 : 0);
  }

  void bulk(byte[] bytes) {
    header('$', bytes.length);
    out.write(bytes);
    out.room(2).writeShort(0x0d0a);
  }

  void bulk(String text) {
    bulk(text.getBytes(UTF_8));
  }

  void nil() {
    if (version == 3) {
      out.room(3).writeMedium(0x5f0d0a);
    } else {
      header('$', -1);
    }
  }

  void array(int elements) {
    header('*', elements);
  }

  void bulks(Collection<byte[]> all) {
    array(all.size());
    all.forEach(this::bulk);
  }

  /** Keys and values by turns; an array in version 2. */
  void map(int pairs) {
    header(version == 3 ? '%' : '*', version == 3 ? pairs : 2L * pairs);
  }

  /** What the client has not asked for; an array in version 2. */
  void push(int elements) {
    header(version == 3 ? '>' : '*', elements);
  }

  private void header(char kind, long number) {
    ByteBuf to = out.room(NUMBER).writeByte(kind);
    if (number >= 0 && number < 10) {
      to.writeByte('0' + (int) number);
    } else {
      ByteBufUtil.writeAscii(to, Long.toString(number));
    }
    to.writeShort(0x0d0a);
  }
}
