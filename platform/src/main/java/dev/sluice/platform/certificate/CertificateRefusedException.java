// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A certificate is not served; its message says why, in words for an operator and on one line. */
public final class CertificateRefusedException extends Exception {

  private static final long serialVersionUID = 1;

  private final transient @Nullable Instant goodFrom;

  CertificateRefusedException(String reason) {
    this(reason, null);
  }

  CertificateRefusedException(String reason, @Nullable Instant goodFrom) {
    super(OneLine.of(reason));
    this.goodFrom = goodFrom;
  }

  /** When the same content may be tried again, where time alone makes it good. */
  @Nullable Instant goodFrom() {
    return goodFrom;
  }

  /** Never null here. */
  String reason() {
    return String.valueOf(getMessage());
  }
}
