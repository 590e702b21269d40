// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names that are served, with the contents of their records as they go over the wire. */
final class Zone {

  /** The longest of a TXT record's strings (RFC 1035, section 3.3). */
  private static final int STRING = 255;

  private final Map<String, Map<DnsRecordType, List<byte[]>>> names = new HashMap<>();
  private final long ttl;

  Zone(DnsSettings settings) {
    settings.names().forEach((name, records) -> names.put(key(name), contents(name, records)));
    ttl = settings.ttl().toSeconds();
  }

  /** Throws with what is wrong. */
  static void check(Map<String, DnsName> names) {
    names.forEach(Zone::contents);
  }

  /** The records of a type; null where the name is not served. */
  @Nullable List<byte[]> find(String name, DnsRecordType type) {
    Map<DnsRecordType, List<byte[]>> known = names.get(key(name));
    return known == null ? null : known.getOrDefault(type, List.of());
  }

  long ttl() {
    return ttl;
  }

  /** Names are the same whatever their case, and with or without the last dot. */
  private static String key(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower : lower + ".";
  }

  private static Map<DnsRecordType, List<byte[]>> contents(String name, DnsName records) {
    List<byte[]> a = new ArrayList<>();
    records.a().forEach(text -> a.add(address(name, text, 4)));
    List<byte[]> aaaa = new ArrayList<>();
    records.aaaa().forEach(text -> aaaa.add(address(name, text, 16)));
    List<byte[]> txt = new ArrayList<>();
    records.txt().forEach(text -> txt.add(strings(text.getBytes(UTF_8))));
    return Map.of(DnsRecordType.A, a, DnsRecordType.AAAA, aaaa, DnsRecordType.TXT, txt);
  }

  private static byte[] address(String name, String text, int length) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
    if (bytes == null || bytes.length != length) {
      throw new IllegalArgumentException(
          name + ": '" + text + "' is no address of IPv" + (length == 4 ? 4 : 6));
    }
    return bytes;
  }

  private static byte[] strings(byte[] text) {
    int count = Math.max(1, (text.length + STRING - 1) / STRING);
    byte[] content = new byte[text.length + count];
    for (int i = 0; i < count; i++) {
      int from = i * STRING;
      int length = Math.min(STRING, text.length - from);
      content[from + i] = (byte) length;
      System.arraycopy(text, from, content, from + i + 1, length);
    }
    return content;
  }
}
