// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import dev.sluice.capture.CaptureRecord.Header;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a capture record by record. A file may come from anywhere: lengths are bounded before
 * anything is allocated by them, and what is wrong is told with its place. For one thread.
 */
public final class CaptureReader implements Closeable {

  private final InputStream in;
  private final Header header;
  private long position;
  private boolean cut;

  /**
   * Begins with the header.
   *
   * @param from closed with this, and if this throws
   * @throws CaptureFormatException if it is no capture, or one of another version
   * @throws IOException if it can't be read
   */
  public CaptureReader(InputStream from) throws IOException {
    this.in = new BufferedInputStream(from, 64 << 10);
    boolean complete = false;
    try {
      preface();
      CaptureRecord first = next();
      if (!(first instanceof Header found)) {
        throw new CaptureFormatException(Format.PREFACE, "a capture begins with its header");
      }
      header = found;
      complete = true;
    } finally {
      if (!complete) {
        from.close();
      }
    }
  }

  /**
   * Reads a file.
   *
   * @param file a capture
   * @return to be closed
   * @throws CaptureFormatException if it is no capture, or one of another version
   * @throws IOException if it can't be read
   */
  public static CaptureReader open(Path file) throws IOException {
    return new CaptureReader(Files.newInputStream(file));
  }

  private void preface() throws IOException {
    byte[] preface = in.readNBytes(Format.PREFACE);
    byte[] magic = Arrays.copyOf(preface, Format.MAGIC.length);
    if (preface.length < Format.PREFACE || !Arrays.equals(magic, Format.MAGIC)) {
      throw new CaptureFormatException(0, "this is no capture");
    }
    int major = ByteBuffer.wrap(preface).getShort(Format.MAGIC.length) & 0xffff;
    if (major != Format.MAJOR) {
      throw new CaptureFormatException(
          0, "this is a capture of version " + major + ", and " + Format.MAJOR + " can be read");
    }
    position = Format.PREFACE;
  }

  /**
   * What the capture is.
   *
   * @return its first record
   */
  public Header header() {
    return header;
  }

  /**
   * The next record. Kinds that a later version has added are passed over.
   *
   * @return null at the end of the file, and where it was {@linkplain #cut cut}
   * @throws CaptureFormatException if it is damaged here; nothing behind can be read
   * @throws IOException if it can't be read
   */
  public @Nullable CaptureRecord next() throws IOException {
    while (!cut) {
      byte[] head = in.readNBytes(Format.RECORD_HEAD);
      if (head.length == 0) {
        return null;
      }
      if (head.length < Format.RECORD_HEAD) {
        cut = true;
        break;
      }
      ByteBuffer fields = ByteBuffer.wrap(head);
      int length = fields.getInt();
      int checksum = fields.getInt();
      int kind = fields.get() & 0xff;
      if (length < 0 || length > Format.LONGEST_BODY) {
        throw new CaptureFormatException(
            position, "a record has a length of " + Integer.toUnsignedString(length) + " bytes");
      }
      // Allocates as it reads: a length that the file does not have costs what the file has.
      byte[] body = in.readNBytes(length);
      if (body.length < length) {
        cut = true;
        break;
      }
      if (Format.checksum(length, kind, body) != checksum) {
        throw new CaptureFormatException(position, "the checksum of a record is wrong");
      }
      CaptureRecord record = decoded(kind, body);
      position += Format.RECORD_HEAD + length;
      if (record != null) {
        return record;
      }
    }
    return null;
  }

  private @Nullable CaptureRecord decoded(int kind, byte[] body) throws IOException {
    try {
      return Decoder.record(kind, body);
    } catch (Decoder.Wrong e) {
      throw new CaptureFormatException(
          position, "a record of kind " + kind + " is wrong: " + e.getMessage());
    }
  }

  /**
   * Whether the file ends within a record, as it does where its node was ended by force.
   *
   * @return of meaning once {@link #next} has answered null
   */
  public boolean cut() {
    return cut;
  }

  /**
   * How far it was read.
   *
   * @return bytes, to the end of the last whole record
   */
  public long position() {
    return position;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
