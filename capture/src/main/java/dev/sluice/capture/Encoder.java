// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Event;
import dev.sluice.capture.CaptureRecord.Finished;
import dev.sluice.capture.CaptureRecord.Header;
import dev.sluice.capture.CaptureRecord.Lost;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body of a record. All numbers are big-endian. */
final class Encoder {

  /** Of a text in a record; what is longer is cut, but settings, which are of no use then. */
  private static final int LONGEST_TEXT = 64 << 10;

  /** What certificates may take of a record. */
  private static final int LONGEST_CHAIN = 256 << 10;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
  private final DataOutputStream out = new DataOutputStream(bytes);

  private Encoder() {}

  static byte[] body(CaptureRecord record) {
    Encoder encoder = new Encoder();
    try {
      encoder.put(record);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return encoder.bytes.toByteArray();
  }

  static int kind(CaptureRecord record) {
    if (record instanceof Bytes data) {
      return Format.kindOf(data.way());
    } else if (record instanceof Event) {
      return Format.EVENT;
    } else if (record instanceof Opened) {
      return Format.OPENED;
    } else if (record instanceof Ended) {
      return Format.ENDED;
    } else if (record instanceof Lost) {
      return Format.LOST;
    } else if (record instanceof ProtocolUsed) {
      return Format.PROTOCOL_USED;
    } else if (record instanceof Header) {
      return Format.HEADER;
    }
    return Format.FINISHED;
  }

  private void put(CaptureRecord record) throws IOException {
    if (record instanceof OfSession of) {
      out.writeLong(of.nanos());
      out.writeLong(of.session());
    }
    if (record instanceof Bytes data) {
      out.writeByte(data.more() ? 1 : 0);
      out.write(data.data());
    } else if (record instanceof Event event) {
      out.writeByte(Format.EVENTS.indexOf(event.what()));
      out.writeLong(event.amount());
    } else if (record instanceof Opened opened) {
      put(opened);
    } else if (record instanceof Ended ended) {
      text(ended.reason());
      text(ended.by());
      text(ended.limit());
      text(ended.detail());
    } else if (record instanceof Lost lost) {
      out.writeLong(lost.records());
      out.writeLong(lost.bytes());
    } else if (record instanceof ProtocolUsed used) {
      out.writeInt(used.number());
      text(used.name());
      text(used.jar());
      text(used.version());
      text(used.settings().length() <= LONGEST_TEXT ? used.settings() : "");
    } else if (record instanceof Header header) {
      Instant at = header.startedAt();
      out.writeLong(at.getEpochSecond());
      out.writeInt(at.getNano());
      text(header.interfaceName());
      text(header.nodeVersion());
    } else if (record instanceof Finished finished) {
      out.writeLong(finished.nanos());
      text(finished.why());
      out.writeLong(finished.sessions());
    }
  }

  private void put(Opened opened) throws IOException {
    out.writeInt(opened.protocol());
    out.writeByte(opened.transport() == Transport.UDP ? 1 : 0);
    out.writeByte(opened.capped() ? 1 : 0);
    address(opened.local());
    address(opened.remote());
    out.writeByte(opened.tls().isPresent() ? 1 : 0);
    if (opened.tls().isPresent()) {
      TlsInfo tls = opened.tls().get();
      text(tls.version());
      text(tls.cipherSuite());
      text(tls.group().orElse(""));
      text(tls.serverName().orElse(""));
      text(tls.applicationProtocol().orElse(""));
      certificates(tls.peerCertificates());
    }
  }

  /** As many of the chain as there is room for, the peer's own first. */
  private void certificates(List<X509Certificate> chain) throws IOException {
    int left = LONGEST_CHAIN;
    for (X509Certificate certificate : chain) {
      byte[] encoded;
      try {
        encoded = certificate.getEncoded();
      } catch (CertificateEncodingException e) {
        break;
      }
      left -= encoded.length;
      if (left < 0) {
        break;
      }
      out.writeInt(encoded.length);
      out.write(encoded);
    }
    out.writeInt(0);
  }

  private void address(@Nullable InetSocketAddress address) throws IOException {
    if (address == null || address.getAddress() == null) {
      out.writeByte(0);
      return;
    }
    byte[] of = address.getAddress().getAddress();
    out.writeByte(of.length);
    out.write(of);
    out.writeShort(address.getPort());
  }

  private void text(String text) throws IOException {
    String kept = text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT);
    byte[] encoded = kept.getBytes(UTF_8);
    out.writeInt(encoded.length);
    out.write(encoded);
  }
}
