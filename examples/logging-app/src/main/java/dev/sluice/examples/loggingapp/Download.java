// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Gives a body of any length, part by part, and waits while the client is slow. */
final class Download implements Runnable {

  private static final byte[] PART =
      "0123456789abcde\n".repeat(4096).getBytes(StandardCharsets.US_ASCII);

  private final ResponseBody body;
  private long left;

  private Download(ResponseBody body, long bytes) {
    this.body = body;
    this.left = bytes;
  }

  static void start(RpcContext request, long bytes) {
    ResponseBody body =
        request.respondStreaming(
            RpcResponse.of(200)
                .header("content-type", "text/plain")
                .header("content-length", Long.toString(bytes)));
    Download download = new Download(body, bytes);
    // Called at once, and then as often as there is room again.
    body.onWritable(download);
    if (bytes == 0) {
      body.finish();
    }
  }

  @Override
  public void run() {
    while (left > 0 && body.isWritable()) {
      int bytes = (int) Math.min(left, PART.length);
      ByteBuf part = Unpooled.wrappedBuffer(PART, 0, bytes);
      left -= bytes;
      if (!body.write(part)) {
        return; // The client has gone.
      }
      if (left == 0) {
        body.finish();
      }
    }
  }
}
