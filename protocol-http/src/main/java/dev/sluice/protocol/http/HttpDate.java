// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import io.netty.util.AsciiString;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The time as a Date field has it (RFC 9110, section 5.6.7), made anew once a second. */
public final class HttpDate {

  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  // Whoever finds it out of date makes a new one; two threads may, to the same effect.
  private static volatile Stamp latest = new Stamp(0);

  private HttpDate() {}

  /**
   * The present time.
   *
   * @return such as {@code Sun, 06 Nov 1994 08:49:37 GMT}
   */
  public static AsciiString now() {
    long second = System.currentTimeMillis() / 1000;
    Stamp stamp = latest;
    if (stamp.second != second) {
      stamp = new Stamp(second);
      latest = stamp;
    }
    return stamp.text;
  }

  private static final class Stamp {
    private final long second;
    private final AsciiString text;

    Stamp(long second) {
      this.second = second;
      this.text = AsciiString.cached(FORMAT.format(Instant.ofEpochSecond(second)));
    }
  }
}
