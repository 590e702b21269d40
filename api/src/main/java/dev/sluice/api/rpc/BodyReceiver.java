// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import io.netty.buffer.ByteBuf;

/**
 * Takes a request's body part by part. Called in the request's own order; what it throws is the
 * handler's failure. A body that breaks off is told by {@link RpcContext#onCancel} and by nothing
 * here.
 */
public interface BodyReceiver {

  /**
   * The next bytes of the body.
   *
   * @param data borrowed: valid during the call, {@code retain()} to keep it; never empty
   */
  void part(ByteBuf data);

  /** The body is complete; always the last call. Its trailers can be read now. */
  void end();
}
