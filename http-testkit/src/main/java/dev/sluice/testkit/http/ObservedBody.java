// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;
import java.time.Duration;

/** Passes on what an application writes, and notes what it writes on while it should hold back. */
final class ObservedBody implements ResponseBody {

  /** What an application may write before it looks. */
  private static final long TOLERATED = 64 << 10;

  private final ResponseBody body;
  private final ObservedRequest request;

  // Of those who write, one after the other.
  private long unasked;
  private boolean noted;

  ObservedBody(ResponseBody body, ObservedRequest request) {
    this.body = body;
    this.request = request;
  }

  @Override
  public boolean write(ByteBuf data) {
    note(data.readableBytes());
    return body.write(data);
  }

  private synchronized void note(int bytes) {
    if (body.isWritable()) {
      unasked = 0;
      return;
    }
    if (request.settled()) {
      return;
    }
    // The first part beyond the mark may be of any length.
    boolean first = unasked == 0;
    unasked += first ? 1 : bytes;
    if (unasked > TOLERATED && !noted) {
      noted = true;
      request
          .findings()
          .add(
              request.name()
                  + ": the application wrote "
                  + unasked
                  + " bytes and more while the body was not writable");
    }
  }

  @Override
  public boolean isWritable() {
    return body.isWritable();
  }

  @Override
  public void onWritable(Runnable action) {
    body.onWritable(request.watched(action));
  }

  @Override
  public boolean awaitWritable(Duration timeout) throws InterruptedException {
    while (!body.isWritable()) {
      if (request.settled() || !request.goesOn()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void finish() {
    request.finished();
    body.finish();
  }

  @Override
  public void finish(RpcResponse trailers) {
    body.finish(trailers);
    request.finished();
  }

  @Override
  public void abort() {
    request.finished();
    body.abort();
  }
}
