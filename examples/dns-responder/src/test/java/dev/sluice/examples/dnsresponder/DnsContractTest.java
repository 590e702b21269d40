// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.InMemoryPlatform;
import dev.sluice.testkit.SessionContract;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DnsRecordType;

/** The responder keeps the contract on TCP. */
class DnsContractTest extends SessionContract {

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new DnsResponder();
  }

  @Override
  protected void configure(InMemoryPlatform platform) {
    platform.settings(Queries.SETTINGS);
  }

  private static byte[] framed(byte[] message) {
    ByteBuf out = Unpooled.buffer().writeShort(message.length).writeBytes(message);
    return ByteBufUtil.getBytes(out);
  }

  private static byte[] query(int id, String name, DnsRecordType type) {
    try {
      return Queries.query(id, name, type);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** The question with what an answer has otherwise, and its records. */
  private static byte[] answer(byte[] query, int code, byte[]... records) {
    byte[] head = query.clone();
    head[2] |= (byte) 0x84;
    head[3] |= (byte) code;
    head[7] = (byte) records.length;
    ByteBuf out = Unpooled.buffer().writeBytes(head);
    for (byte[] record : records) {
      // The name, type and class as in the question, then how long it may be remembered.
      out.writeBytes(query, 12, query.length - 12).writeInt(30);
      out.writeShort(record.length).writeBytes(record);
    }
    return framed(ByteBufUtil.getBytes(out));
  }

  @Override
  protected ConversationScript script() {
    byte[] aaaa = query(1, "www.example.test", DnsRecordType.AAAA);
    byte[] unknown = query(2, "other.test", DnsRecordType.A);
    byte[] txt = query(3, "long.example.test", DnsRecordType.TXT);
    byte[] text = new byte[603];
    java.util.Arrays.fill(text, (byte) 'x');
    text[0] = (byte) 255;
    text[256] = (byte) 255;
    text[512] = 90;
    return ConversationScript.builder()
        .send(framed(aaaa))
        .expect(answer(aaaa, 0, ByteBufUtil.decodeHexDump("20010db8000000000000000000000001")))
        .send(framed(unknown))
        .expect(answer(unknown, 5))
        .send(framed(txt))
        .expect(answer(txt, 0, text))
        .build();
  }
}
