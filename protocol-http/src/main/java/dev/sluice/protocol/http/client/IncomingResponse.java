// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.RpcHeaders;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What of a response was read while its caller had stopped it, and its end. On the loop. */
final class HeldResponse {

  private final HttpClientExchange exchange;
  private final ArrayDeque<ByteBuf> parts = new ArrayDeque<>(0);
  private @Nullable RpcHeaders trailers;
  private boolean endMayBeTold;
  private boolean passingOn;

  HeldResponse(HttpClientExchange exchange) {
    this.exchange = exchange;
  }

  /** Borrowed. False: it waits, and counts as held. */
  boolean part(ByteBuf data) {
    if (exchange.over() || (parts.isEmpty() && !exchange.paused())) {
      exchange.partArrived(data);
      return true;
    }
    exchange.hold(data.readableBytes());
    parts.add(data.retainedSlice());
    return false;
  }

  /** The whole response was read. */
  void end(RpcHeaders fields) {
    trailers = fields;
  }

  boolean ended() {
    return trailers != null;
  }

  /** The caller may hear of the end, once it has taken all before it. */
  void endMayBeTold() {
    endMayBeTold = true;
    passOn();
  }

  /** As far as the caller wants. */
  void passOn() {
    if (passingOn) {
      return;
    }
    passingOn = true;
    try {
      ByteBuf part;
      while (!exchange.paused() && (part = parts.poll()) != null) {
        try {
          exchange.letGo(part.readableBytes());
          exchange.partArrived(part);
        } finally {
          part.release();
        }
      }
      RpcHeaders fields = trailers;
      if (fields != null && endMayBeTold && parts.isEmpty() && !exchange.paused()) {
        exchange.endArrived(fields);
      }
    } finally {
      passingOn = false;
    }
  }

  /** Nobody wants it any more. */
  void drop() {
    ByteBuf part;
    while ((part = parts.poll()) != null) {
      exchange.letGo(part.readableBytes());
      part.release();
    }
  }
}
