// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
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

/**
 * One question, one answer, and the peer is forgotten: a resolver asks from a new port each time,
 * and forged questions hold no place.
 */
final class DnsSession implements Session {

  private static final int HEADER = 12;

  /** What a client takes that says nothing else (RFC 1035, section 4.2.1). */
  private static final int MOST = 512;

  private static final int RESPONSE = 0x8000;
  private static final int AUTHORITATIVE = 0x0400;
  private static final int TRUNCATED = 0x0200;

  /** The operation and whether recursion is desired: an answer has them as the question had. */
  private static final int KEPT = 0x7900;

  private static final int CLASS_ANY = 255;

  private final ConnId id;
  private final SessionWriter writer;
  private final Zone zone;

  DnsSession(ConnId id, SessionWriter writer, Zone zone) {
    this.id = id;
    this.writer = writer;
    this.zone = zone;
  }

  @Override
  public void handleIncomingData(ByteBuf data) {
    // Answering an answer would never end.
    if (data.readableBytes() < HEADER || (data.getShort(data.readerIndex() + 2) & RESPONSE) != 0) {
      writer.context(id).count("no_query");
    } else {
      answer(data);
    }
    writer.closeSocket(id);
  }

  private void answer(ByteBuf query) {
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
    writer.context(id).count(counter(code));
    ByteBuf answer = writer.context(id).allocator().buffer(MOST);
    boolean written = false;
    try {
      int head = RESPONSE | AUTHORITATIVE | (flags & KEPT) | code.intValue();
      answer.writeShort(queryId).writeShort(head).writeZero(HEADER - 4);
      write(answer, question, records);
      written = true;
    } catch (Exception e) {
      writer.context(id).count("not_encoded");
    } finally {
      if (!written) {
        answer.release();
      }
    }
    if (written) {
      writer.writeOutbound(id, answer);
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
    if (answer.readableBytes() > MOST) {
      answer.writerIndex(end);
      answer.setShort(start + 2, answer.getUnsignedShort(start + 2) | TRUNCATED);
    } else {
      answer.setShort(start + 6, records.size());
    }
  }

  /** Answers belong to questions. */
  @Override
  public boolean sendData(ByteBuf data) {
    return false;
  }

  @Override
  public void closeSession() {
    writer.closeSocket(id);
  }
}
