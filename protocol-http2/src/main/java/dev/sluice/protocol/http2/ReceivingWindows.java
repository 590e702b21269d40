// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.HttpConfiguration;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.HashMap;
import java.util.Map;

/**
 * The windows that a client is given for its bodies (RFC 9113, section 5.2). All that they let come
 * may have to be kept, where no handler reads: so every stream begins with a little, and gets the
 * window of the configuration with its first DATA while the node's budget has room for it, whatever
 * the other streams of the connection come to. On the connection's loop.
 */
final class ReceivingWindows {

  /** A body that fits costs no WINDOW_UPDATE. About what clients begin with that know no better. */
  private static final int FIRST = 64 << 10;

  /** What a body has waiting for its handler beside its window, before it is given back no more. */
  static final int BESIDE = 32 << 10;

  private final Http2Connection connection;
  private final int more;

  /** By how much, by the stream's id. */
  private final Map<Integer, Integer> widened = new HashMap<>(0);

  private long room;

  /**
   * The windows of a new connection.
   *
   * @param nodeLimit bytes of input that may wait on all connections together
   */
  ReceivingWindows(Http2Connection connection, HttpConfiguration limits, long nodeLimit) {
    this.connection = connection;
    int first = first(limits);
    this.more = limits.initialWindowSize().toIntSaturated() - first;
    // The sixteenth that is left is for what arrives beside bodies.
    this.room =
        nodeLimit - nodeLimit / 16 - (long) limits.maxConcurrentStreamsCount() * (first + BESIDE);
    connection.addListener(
        new Http2ConnectionAdapter() {
          @Override
          public void onStreamClosed(Http2Stream stream) {
            Integer by = widened.remove(stream.id());
            if (by != null) {
              room += by;
            }
          }
        });
  }

  /** What every stream begins with. */
  static int first(HttpConfiguration limits) {
    return Math.min(limits.initialWindowSize().toIntSaturated(), FIRST);
  }

  /** A part of a body has come, and more will. */
  void moreToCome(Http2Stream stream) throws Http2Exception {
    int by = (int) Math.min(more, room);
    if (by > 0 && widened.putIfAbsent(stream.id(), by) == null) {
      room -= by;
      connection.local().flowController().incrementWindowSize(stream, by);
    }
  }
}
