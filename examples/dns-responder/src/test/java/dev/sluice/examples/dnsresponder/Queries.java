// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRecordEncoder;
import io.netty.handler.codec.dns.DnsRecordType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Questions as a client sends them, and answers as it reads them. */
final class Queries {

  static final DnsSettings SETTINGS =
      new DnsSettings(
          Map.of(
              "www.example.test",
              new DnsName(
                  List.of("192.0.2.1", "192.0.2.2"), List.of("2001:db8::1"), List.of("hello")),
              "long.example.test",
              new DnsName(List.of(), List.of(), List.of("x".repeat(600)))),
          Duration.ofSeconds(30));

  /** The same as an operator writes it. */
  static final String YAML =
      """
      ttl: 30s
      names:
        www.example.test:
          a: [192.0.2.1, 192.0.2.2]
          aaaa: ["2001:db8::1"]
          txt: [hello]
        long.example.test:
          txt: [%s]
      """
          .formatted("x".repeat(600));

  private Queries() {}

  static byte[] query(int id, String name, DnsRecordType type) throws Exception {
    ByteBuf out = Unpooled.buffer();
    out.writeShort(id).writeShort(0x0100).writeShort(1).writeZero(6);
    DnsRecordEncoder.DEFAULT.encodeQuestion(new DefaultDnsQuestion(name, type), out);
    return ByteBufUtil.getBytes(out);
  }

  /** An answer taken apart. */
  record Answer(int id, int code, boolean response, boolean truncated, List<String> records) {

    static Answer of(byte[] bytes) throws Exception {
      ByteBuf in = Unpooled.wrappedBuffer(bytes);
      int id = in.readUnsignedShort();
      int flags = in.readUnsignedShort();
      int questions = in.readUnsignedShort();
      int answers = in.readUnsignedShort();
      in.skipBytes(4);
      for (int i = 0; i < questions; i++) {
        DnsRecordDecoder.DEFAULT.decodeQuestion(in);
      }
      List<String> records = new ArrayList<>();
      for (int i = 0; i < answers; i++) {
        DnsRecord record = DnsRecordDecoder.DEFAULT.decodeRecord(in);
        ByteBuf content = ((ByteBufHolder) record).content();
        records.add(
            record.name()
                + " "
                + record.timeToLive()
                + " "
                + record.type().name()
                + " "
                + ByteBufUtil.hexDump(content));
        content.release();
      }
      return new Answer(id, flags & 0xf, flags >> 15 == 1, (flags & 0x0200) != 0, records);
    }
  }
}
