// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import dev.sluice.api.ConnId;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;

/**
 * On TCP: any number of questions, each behind its length (RFC 7766), answered in their order. A
 * client that does not read its answers is asked to be patient: its questions wait unread.
 */
final class DnsStreamSession extends PlaintextSession {

  private static final int PREFIX = 2;
  private static final int MOST = 65_535;

  /** A name has at most 255 bytes: what is longer asks for something that is not served here. */
  private static final int LONGEST_QUESTION = 4_096;

  /** What may still come once reading is paused. */
  private static final int ON_ITS_WAY = 256 << 10;

  private final Answers answers;
  private boolean inputEnded;

  DnsStreamSession(ConnId id, SessionWriter writer, Zone zone) {
    super(id, writer, PREFIX + LONGEST_QUESTION + ON_ITS_WAY);
    answers = new Answers(context(), zone, MOST);
  }

  @Override
  protected boolean parse(ByteBuf in) {
    if (!writer().isWritable(id()) || in.readableBytes() < PREFIX) {
      return true;
    }
    int length = in.getUnsignedShort(in.readerIndex());
    if (length > LONGEST_QUESTION) {
      context().count("too_long");
      return false;
    }
    if (in.readableBytes() < PREFIX + length) {
      return true;
    }
    ByteBuf question = in.skipBytes(PREFIX).readSlice(length);
    if (!answers.isQuestion(question)) {
      return false;
    }
    ByteBuf answer = answers.answer(question);
    if (answer != null) {
      send(context().allocator().buffer(PREFIX, PREFIX).writeShort(answer.readableBytes()));
      send(answer);
    }
    return true;
  }

  @Override
  public void writabilityChanged(boolean writable) {
    if (writable) {
      writer().resumeReads(id());
      parseAgain();
      closeIfAllIsAnswered();
    } else {
      writer().pauseReads(id());
    }
  }

  @Override
  public void inputClosed() {
    inputEnded = true;
    closeIfAllIsAnswered();
  }

  private void closeIfAllIsAnswered() {
    if (inputEnded && writer().isWritable(id())) {
      close();
    }
  }

  /** Answers belong to questions. */
  @Override
  public boolean sendData(ByteBuf data) {
    return false;
  }
}
