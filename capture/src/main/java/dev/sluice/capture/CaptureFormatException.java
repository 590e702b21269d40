// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import java.io.IOException;
import java.io.Serial;

/** A file is no capture, or is damaged; the message says where and how. */
public final class CaptureFormatException extends IOException {

  @Serial private static final long serialVersionUID = 1L;

  private final long position;

  /**
   * A failure.
   *
   * @param position the byte of the file at which the part that can't be read begins
   * @param message what is wrong
   */
  public CaptureFormatException(long position, String message) {
    super("byte " + position + ": " + message);
    this.position = position;
  }

  /**
   * Where it is.
   *
   * @return the byte of the file at which the part that can't be read begins
   */
  public long position() {
    return position;
  }
}
