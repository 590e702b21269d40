// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import io.netty.handler.codec.CodecException;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which failures of handlers the log has seen. A peer may bring them about as often as it likes, so
 * that only the first of each kind is told, and few kinds. Any thread.
 */
final class ToldFailures {

  /** Kinds beyond these are not told. */
  private static final int KINDS = 32;

  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  /** Whether it looks like a fault of the protocol, and is the first of its kind. */
  boolean isNews(String interfaceName, Throwable thrown) {
    Throwable fault = fault(thrown);
    if (fault instanceof CodecException || fault instanceof IOException) {
      // The peer's bytes, as codecs say it.
      return false;
    }
    String kind = interfaceName + ' ' + place(fault) + ' ' + fault.getClass().getName();
    // Several threads at once may bring a few more than the bound.
    return !seen.contains(kind) && seen.size() < KINDS && seen.add(kind);
  }

  /** Decoders wrap what is thrown in them. */
  private static Throwable fault(Throwable thrown) {
    Throwable cause = thrown.getCause();
    return thrown instanceof CodecException && cause != null ? cause : thrown;
  }

  private static String place(Throwable thrown) {
    StackTraceElement[] stack = thrown.getStackTrace();
    return stack.length == 0 ? "" : stack[0].getClassName();
  }
}
