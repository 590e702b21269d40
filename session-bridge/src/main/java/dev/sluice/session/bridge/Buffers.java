// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;

/** Buffers of sessions, whose references may be wrong. */
final class Buffers {

  private Buffers() {}

  /** Whether the memory is still there; of a composite that of every part. */
  static boolean isWhole(ByteBuf data) {
    return data.refCnt() > 0
        && !(data instanceof CompositeByteBuf composite && lacksAPart(composite));
  }

  private static boolean lacksAPart(CompositeByteBuf composite) {
    for (int i = 0; i < composite.numComponents(); i++) {
      if (composite.internalComponent(i).refCnt() < 1) {
        return true;
      }
    }
    return false;
  }

  /**
   * Retains a buffer once more for a borrower.
   *
   * @return how many references it must still have when it comes back; an empty one may count none
   */
  static int lend(ByteBuf data) {
    return Math.min(2, data.retain().refCnt());
  }

  /** Gives back one reference, as far as there is one. */
  static void release(ByteBuf data) {
    if (data.refCnt() < 1) {
      return;
    }
    if (data.refCnt() == 1 && data instanceof CompositeByteBuf composite && lacksAPart(composite)) {
      // It would stumble over the part, and keep those behind it.
      for (int i = 0; i < composite.numComponents(); i++) {
        release(composite.internalComponent(i));
      }
    } else {
      data.release();
    }
  }
}
