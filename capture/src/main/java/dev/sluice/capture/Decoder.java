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
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import dev.sluice.capture.CaptureRecord.Way;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the body of a record whose checksum is right, and trusts it no more for that. */
final class Decoder {

  private final ByteBuffer in;

  private Decoder(byte[] body) {
    this.in = ByteBuffer.wrap(body);
  }

  /** What a body may be that is none. */
  static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message);
    }
  }

  /** Null for a kind that is not known, which a later version may have added. */
  static @Nullable CaptureRecord record(int kind, byte[] body) throws Wrong {
    Decoder decoder = new Decoder(body);
    try {
      return decoder.read(kind);
    } catch (BufferUnderflowException e) {
      throw new Wrong("it is too short for its kind");
    }
  }

  private @Nullable CaptureRecord read(int kind) throws Wrong {
    return switch (kind) {
      case Format.HEADER -> new Header(startedAt(), text(), text());
      case Format.PROTOCOL_USED -> new ProtocolUsed(in.getInt(), text(), text(), text(), text());
      case Format.FINISHED -> new Finished(time(), text(), in.getLong());
      case Format.OPENED,
          Format.DELIVERED,
          Format.WRITTEN,
          Format.OUTSIDE,
          Format.EVENT,
          Format.LOST,
          Format.ENDED ->
          ofSession(kind, time(), in.getLong());
      default -> null;
    };
  }

  private @Nullable CaptureRecord ofSession(int kind, long nanos, long session) throws Wrong {
    return switch (kind) {
      case Format.OPENED -> opened(nanos, session);
      case Format.DELIVERED -> bytes(nanos, session, Way.DELIVERED);
      case Format.WRITTEN -> bytes(nanos, session, Way.WRITTEN);
      case Format.OUTSIDE -> bytes(nanos, session, Way.OUTSIDE);
      case Format.EVENT -> event(nanos, session);
      case Format.LOST -> new Lost(nanos, session, in.getLong(), in.getLong());
      default -> new Ended(nanos, session, text(), text(), text(), text());
    };
  }

  /** A time of day that others can count with. */
  private Instant startedAt() throws Wrong {
    long seconds = in.getLong();
    long nanos = in.getInt();
    if (seconds < 0 || seconds > Format.LATEST_SECOND || nanos < 0 || nanos > 999_999_999) {
      throw new Wrong("it has an impossible time");
    }
    return Instant.ofEpochSecond(seconds, nanos);
  }

  /** Whoever plays a capture lets as much time pass. */
  private long time() throws Wrong {
    long nanos = in.getLong();
    if (nanos < 0 || nanos > Format.LONGEST_NANOS) {
      throw new Wrong("it has an impossible time");
    }
    return nanos;
  }

  private Bytes bytes(long nanos, long session, Way way) {
    boolean more = in.get() != 0;
    byte[] data = new byte[in.remaining()];
    in.get(data);
    return new Bytes(nanos, session, way, more, data);
  }

  private @Nullable Event event(long nanos, long session) {
    int what = in.get() & 0xff;
    long amount = in.getLong();
    return what < Format.EVENTS.size()
        ? new Event(nanos, session, Format.EVENTS.get(what), amount)
        : null;
  }

  private Opened opened(long nanos, long session) throws Wrong {
    int protocol = in.getInt();
    Transport transport = in.get() == 1 ? Transport.UDP : Transport.TCP;
    boolean capped = in.get() != 0;
    InetSocketAddress local = address();
    InetSocketAddress remote = address();
    return new Opened(
        nanos,
        session,
        protocol,
        transport,
        capped,
        local,
        remote,
        in.get() == 0 ? Optional.empty() : Optional.of(tls()));
  }

  private TlsInfo tls() throws Wrong {
    return new TlsInfo(text(), text(), given(text()), given(text()), given(text()), chain());
  }

  private static Optional<String> given(String text) {
    return Optional.of(text).filter(any -> !any.isEmpty());
  }

  private List<X509Certificate> chain() throws Wrong {
    List<X509Certificate> chain = new ArrayList<>();
    for (int length = in.getInt(); length != 0; length = in.getInt()) {
      try {
        ByteArrayInputStream encoded = new ByteArrayInputStream(part(length));
        chain.add(
            (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(encoded));
      } catch (CertificateException e) {
        throw new Wrong("it has a certificate that can't be read");
      }
    }
    return chain;
  }

  private @Nullable InetSocketAddress address() throws Wrong {
    int length = in.get();
    if (length == 0) {
      return null;
    }
    try {
      InetAddress address = InetAddress.getByAddress(part(length));
      return new InetSocketAddress(address, in.getShort() & 0xffff);
    } catch (UnknownHostException e) {
      throw new Wrong("it has an address of " + length + " bytes");
    }
  }

  private String text() throws Wrong {
    return new String(part(in.getInt()), UTF_8);
  }

  /** Allocates no more than there is. */
  private byte[] part(int length) throws Wrong {
    if (length < 0 || length > in.remaining()) {
      throw new Wrong(
          "it has a part of " + length + " bytes where " + in.remaining() + " are left");
    }
    byte[] part = new byte[length];
    in.get(part);
    return part;
  }
}
