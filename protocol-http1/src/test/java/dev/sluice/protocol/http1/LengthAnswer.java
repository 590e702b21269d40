// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;

/** Reads a body and answers with its length. */
public final class LengthAnswer implements BodyReceiver {

  private final RpcContext request;
  private long length;

  public LengthAnswer(RpcContext request) {
    this.request = request;
  }

  @Override
  public void part(ByteBuf data) {
    length += data.readableBytes();
  }

  @Override
  public void end() {
    boolean unused = request.respond(RpcResponse.text(Long.toString(length)));
  }
}
