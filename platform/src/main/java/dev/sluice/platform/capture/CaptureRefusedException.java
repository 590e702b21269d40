// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import java.io.Serial;

/** A capture that can't begin; the message says why. */
public final class CaptureRefusedException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  /** What kind of no it is. */
  public enum Kind {
    /** Captures are off, or the node is about to end. */
    OFF,
    /** There is no such interface. */
    NO_INTERFACE,
    /** More is wanted than the configuration allows. */
    BEYOND_BOUNDS,
    /** As many as may be are under way. */
    TOO_MANY,
    /** The file can't be made. */
    NO_FILE
  }

  private final Kind kind;

  CaptureRefusedException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /**
   * What kind of no it is.
   *
   * @return for whoever answers by it
   */
  public Kind kind() {
    return kind;
  }
}
