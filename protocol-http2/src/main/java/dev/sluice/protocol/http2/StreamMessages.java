// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was made of a connection's streams; each hears of the end of its own. Written on the
 * connection's loop.
 */
final class StreamMessages<M extends StreamMessage> {

  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;

  StreamMessages(Http2Connection connection) {
    this.connection = connection;
    this.key = connection.newKey();
    connection.addListener(
        new Http2ConnectionAdapter() {
          @Override
          public void onStreamClosed(Http2Stream stream) {
            M message = of(stream);
            if (message != null) {
              message.streamClosed();
            }
          }
        });
  }

  void add(Http2Stream stream, M message) {
    stream.setProperty(key, message);
  }

  /** Null: nothing was made of it. */
  @Nullable M of(Http2Stream stream) {
    return stream.getProperty(key);
  }

  /** Null: it is over, or nothing was made of it. */
  @Nullable M of(int streamId) {
    Http2Stream stream = connection.stream(streamId);
    return stream == null ? null : of(stream);
  }

  /** A copy: what is done with one may end it. */
  List<M> all() {
    List<M> all = new ArrayList<>(connection.numActiveStreams());
    try {
      connection.forEachActiveStream(
          stream -> {
            M message = of(stream);
            if (message != null) {
              all.add(message);
            }
            return true;
          });
    } catch (Http2Exception neverThrown) {
      throw new IllegalStateException(neverThrown);
    }
    return all;
  }
}
