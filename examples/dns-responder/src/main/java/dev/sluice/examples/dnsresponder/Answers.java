// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import dev.sluice.api.SessionContext;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsOpCode;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRecordEncoder;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** From a question to its answer, whatever carries them. */
final class Answers {

  private static final int HEADER = 12;
  private static final int USUAL = 512;

  private static final int RESPONSE = 0x8000;
  private static final int AUTHORITATIVE = 0x0400;
  private static final int TRUNCATED = 0x0200;

  /** The operation and whether recursion is desired: an answer has them as the question had. */
  private static final int KEPT = 0x7900;

  private static final int CLASS_ANY = 255;

  private final SessionContext context;
  private final Zone zone;
  private final int most;

  /**
   * For one connection.
   *
   * @param most bytes of an answer; a longer one is cut and says so
   */
  Answers(SessionContext context, Zone zone, int most) {
    this.context = context;
    this.zone = zone;
    this.most = most;
  }

  /** Whether it may be answered: answering an answer would never end. */
  boolean isQuestion(ByteBuf data) {
    boolean question =
        data.readableBytes() >= HEADER && (data.getShort(data.readerIndex() + 2) & RESPONSE) == 0;
    if (!question) {
      context.count("no_query");
    }
    return question;
  }

  /** Null: it can't be put into bytes. The caller's to release. */
  @Nullable ByteBuf answer(ByteBuf query) {
    int queryId = query.readUnsignedShort();
    int flags = query.readUnsignedShort();
    int questions = query.readUnsignedShort();
    query.skipBytes(6);
    DnsQuestion question = null;
    DnsResponseCode code = DnsResponseCode.FORMERR;
    List<byte[]> records = List.of();
    if (((flags >> 11) & 0xf) != DnsOpCode.QUERY.byteValue()) {
      code = DnsResponseCode.NOTIMP;
    } else if (questions == 1) {
      question = question(query);
    }
    if (question != null) {
      List<byte[]> found = find(question);
      code = found == null ? DnsResponseCode.REFUSED : DnsResponseCode.NOERROR;
      records = found == null ? List.of() : found;
    }
    context.count(counter(code));
    ByteBuf answer = context.allocator().buffer(USUAL);
    boolean written = false;
    try {
      int head = RESPONSE | AUTHORITATIVE | (flags & KEPT) | code.intValue();
      answer.writeShort(queryId).writeShort(head).writeZero(HEADER - 4);
      write(answer, question, records);
      written = true;
      return answer;
    } catch (Exception e) {
      context.count("not_encoded");
      return null;
    } finally {
      if (!written) {
        answer.release();
      }
    }
  }

  private static String counter(DnsResponseCode code) {
    if (code.equals(DnsResponseCode.NOERROR)) {
      return "answered";
    }
    if (code.equals(DnsResponseCode.REFUSED)) {
      return "refused";
    }
    return code.equals(DnsResponseCode.FORMERR) ? "malformed" : "not_implemented";
  }

  private static @Nullable DnsQuestion question(ByteBuf query) {
    try {
      return DnsRecordDecoder.DEFAULT.decodeQuestion(query);
    } catch (Exception e) {
      // Whatever the decoder throws at garbage.
      return null;
    }
  }

  private @Nullable List<byte[]> find(DnsQuestion question) {
    int asked = question.dnsClass();
    return asked == DnsRecord.CLASS_IN || asked == CLASS_ANY
        ? zone.find(question.name(), question.type())
        : null;
  }

  private void write(ByteBuf answer, @Nullable DnsQuestion question, List<byte[]> records)
      throws Exception {
    int start = answer.readerIndex();
    if (question == null) {
      return;
    }
    answer.setShort(start + 4, 1);
    DnsRecordEncoder.DEFAULT.encodeQuestion(question, answer);
    int end = answer.writerIndex();
    for (byte[] content : records) {
      DnsRecordEncoder.DEFAULT.encodeRecord(
          new DefaultDnsRawRecord(
              question.name(), question.type(), zone.ttl(), Unpooled.wrappedBuffer(content)),
          answer);
    }
    if (answer.readableBytes() > most) {
      answer.writerIndex(end);
      answer.setShort(start + 2, answer.getUnsignedShort(start + 2) | TRUNCATED);
    } else {
      answer.setShort(start + 6, records.size());
    }
  }
}
