// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Header;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/**
 * Appends records to a capture. What was written reaches the system by {@link #flush}, and is safe
 * from an end of the process then. For one thread.
 */
public final class CaptureWriter implements Closeable {

  private final DataOutputStream out;
  private long written;

  /**
   * A capture that begins.
   *
   * @param to closed with this
   * @param header the first record
   * @throws IOException if it can't be written
   */
  public CaptureWriter(OutputStream to, Header header) throws IOException {
    this.out = new DataOutputStream(new BufferedOutputStream(to, 64 << 10));
    out.write(Format.MAGIC);
    out.writeShort(Format.MAJOR);
    out.writeShort(Format.MINOR);
    written = Format.PREFACE;
    write(header);
    flush();
  }

  /**
   * A new file that only its owner may read: a capture holds whatever was said, passwords too.
   *
   * @param file must not exist
   * @param header the first record
   * @return to be closed
   * @throws IOException if it exists, or can't be made
   */
  public static CaptureWriter create(Path file, Header header) throws IOException {
    Set<StandardOpenOption> how = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    OutputStream out =
        Channels.newOutputStream(
            Files.newByteChannel(
                file,
                how,
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------"))));
    try {
      return new CaptureWriter(out, header);
    } catch (IOException e) {
      out.close();
      throw e;
    }
  }

  /**
   * Appends a record. Data that is too long for one becomes a chain of them.
   *
   * @param record the record
   * @throws IOException if it can't be written; the file is good up to the record before
   */
  public void write(CaptureRecord record) throws IOException {
    if (record instanceof Bytes bytes && bytes.data().length > Format.LONGEST_DATA) {
      writeChain(bytes);
    } else {
      writeOne(record);
    }
  }

  private void writeChain(Bytes bytes) throws IOException {
    byte[] data = bytes.data();
    for (int from = 0; from < data.length; from += Format.LONGEST_DATA) {
      int to = Math.min(data.length, from + Format.LONGEST_DATA);
      boolean more = to < data.length || bytes.more();
      byte[] part = Arrays.copyOfRange(data, from, to);
      writeOne(new Bytes(bytes.nanos(), bytes.session(), bytes.way(), more, part));
    }
  }

  private void writeOne(CaptureRecord record) throws IOException {
    byte[] body = Encoder.body(record);
    if (body.length > Format.LONGEST_BODY) {
      throw new IllegalArgumentException("a record of " + body.length + " bytes");
    }
    int kind = Encoder.kind(record);
    out.writeInt(body.length);
    out.writeInt(Format.checksum(body.length, kind, body));
    out.writeByte(kind);
    out.write(body);
    written += Format.RECORD_HEAD + body.length;
  }

  /**
   * What a record takes in a file; for one that is short, since it is made for it.
   *
   * @param record the record
   * @return bytes
   */
  public static int sizeOf(CaptureRecord record) {
    return Format.RECORD_HEAD + Encoder.body(record).length;
  }

  /**
   * How long the file is, with what was not flushed yet.
   *
   * @return bytes
   */
  public long written() {
    return written;
  }

  /**
   * Hands all of it to the system.
   *
   * @throws IOException if it can't be written
   */
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
