// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.AnswerFraming;
import dev.sluice.protocol.http.HttpDate;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Puts together the header fields of answers, with as few new objects as there can be. */
final class AnswerFields {

  static final Http2Headers CONTINUE =
      ReadOnlyHttp2Headers.serverHeaders(false, HttpResponseStatus.CONTINUE.codeAsText());

  private static final int CACHED = 256;
  private static final int LONGEST_CACHED = 256;
  private static final int CACHED_LENGTHS = 1024;

  /**
   * Fields that were sent lately, each in the place that its hash gives it. Applications send the
   * same few again and again; two threads may make the same one. Whoever finds one finds it whole.
   */
  private static final AtomicReferenceArray<Field> FIELDS = new AtomicReferenceArray<>(CACHED);

  private static final AtomicReferenceArray<AsciiString> LENGTHS =
      new AtomicReferenceArray<>(CACHED_LENGTHS);

  private AnswerFields() {}

  /** A field as an application gave it, and as it is sent: its name in lower case. */
  private record Field(String name, String value, AsciiString sentName, AsciiString sentValue) {}

  /**
   * Status, date, length, and the application's own fields.
   *
   * @param framing says which of them
   */
  static Http2Headers head(RpcResponse response, AnswerFraming framing) {
    int count = response.fieldCount();
    AsciiString[] fields = new AsciiString[2 * (count + 2)];
    int to = 0;
    if (!framing.dated()) {
      fields[to++] = HttpHeaderNames.DATE;
      fields[to++] = HttpDate.now();
    }
    if (framing.length() != AnswerFraming.NO_LENGTH) {
      fields[to++] = HttpHeaderNames.CONTENT_LENGTH;
      fields[to++] = length(framing.length());
    }
    to = add(response.fields(), fields, to, true);
    return ReadOnlyHttp2Headers.serverHeaders(
        false, HttpResponseStatus.valueOf(response.status()).codeAsText(), trim(fields, to));
  }

  /** What is told before an answer. */
  static Http2Headers interim(int status, OutgoingFields own) {
    AsciiString[] fields = new AsciiString[2 * own.size()];
    int to = add(own, fields, 0, true);
    return ReadOnlyHttp2Headers.serverHeaders(
        false, HttpResponseStatus.valueOf(status).codeAsText(), trim(fields, to));
  }

  static Http2Headers trailers(RpcResponse response) {
    AsciiString[] fields = new AsciiString[2 * response.fieldCount()];
    int to = add(response.fields(), fields, 0, false);
    return ReadOnlyHttp2Headers.trailers(false, trim(fields, to));
  }

  /**
   * Adds fields as they are sent.
   *
   * @param head whether the length is left out
   * @return behind the last one
   */
  static int add(OutgoingFields own, AsciiString[] fields, int from, boolean head) {
    int to = from;
    for (int i = 0; i < own.size(); i++) {
      String name = own.name(i);
      if (head && AnswerFraming.isLength(name)) {
        continue;
      }
      Field field = field(name, own.value(i));
      fields[to++] = field.sentName();
      fields[to++] = field.sentValue();
    }
    return to;
  }

  static AsciiString[] trim(AsciiString[] fields, int to) {
    if (to == fields.length) {
      return fields;
    }
    AsciiString[] trimmed = new AsciiString[to];
    System.arraycopy(fields, 0, trimmed, 0, to);
    return trimmed;
  }

  private static Field field(String name, String value) {
    int place = (31 * name.hashCode() + value.hashCode()) & (CACHED - 1);
    Field cached = FIELDS.getAcquire(place);
    if (cached != null && cached.name.equals(name) && cached.value.equals(value)) {
      return cached;
    }
    Field made =
        new Field(
            name, value, new AsciiString(name.toLowerCase(Locale.ROOT)), new AsciiString(value));
    if (name.length() + value.length() <= LONGEST_CACHED) {
      FIELDS.setRelease(place, made);
    }
    return made;
  }

  static AsciiString length(long length) {
    if (length >= CACHED_LENGTHS) {
      return new AsciiString(Long.toString(length));
    }
    AsciiString text = LENGTHS.getAcquire((int) length);
    if (text == null) {
      text = AsciiString.cached(Long.toString(length));
      LENGTHS.setRelease((int) length, text);
    }
    return text;
  }
}
