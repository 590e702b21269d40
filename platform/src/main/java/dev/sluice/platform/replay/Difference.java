// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

import dev.sluice.api.Transport;
import dev.sluice.capture.CapturedSession;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a session that was played is another than the one that was recorded.
 *
 * @param session the recorded connection's id
 * @param where in words
 * @param expected what the capture has there
 * @param found what came
 */
public record Difference(long session, String where, String expected, String found) {

  /** How much of either side is shown before and behind. */
  private static final int WINDOW = 40;

  /**
   * @param whole nothing more may come than what was recorded
   */
  static @Nullable Difference between(CapturedSession recorded, List<byte[]> found, boolean whole) {
    List<byte[]> expected = recorded.written();
    boolean datagrams = recorded.opened().transport() == Transport.UDP;
    for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
      byte[] one = i < expected.size() ? expected.get(i) : null;
      byte[] other = i < found.size() ? found.get(i) : null;
      // Of what was cut short the beginning counts.
      boolean more = other != null && !whole && (datagrams ? one == null : true);
      int at = mismatch(one, other, more);
      if (at >= 0) {
        String where = (datagrams ? "datagram " + i + ", " : "") + "byte " + at + " of its answers";
        return new Difference(recorded.id(), where, window(one, at), window(other, at));
      }
    }
    return null;
  }

  /** -1: none. */
  private static int mismatch(
      byte @Nullable [] expected, byte @Nullable [] found, boolean moreMayCome) {
    if (expected == null) {
      return moreMayCome ? -1 : 0;
    }
    if (found == null) {
      return 0;
    }
    int at = Arrays.mismatch(expected, found);
    return at == expected.length && moreMayCome ? -1 : at;
  }

  private static String window(byte @Nullable [] data, int at) {
    if (data == null) {
      return "nothing";
    }
    int from = Math.max(0, at - WINDOW);
    int to = Math.min(data.length, at + WINDOW);
    return (from > 0 ? "…" : "")
        + Printable.of(Arrays.copyOfRange(data, from, to))
        + (to < data.length ? "…" : "");
  }
}
