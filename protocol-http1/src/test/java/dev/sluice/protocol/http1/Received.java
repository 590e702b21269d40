// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What has come of a call, for a test to look at; it fails where calls come out of their order. */
public class Received implements HttpResponseReceiver {

  public final List<HttpResponseHead> interim = new CopyOnWriteArrayList<>();
  public final AtomicInteger parts = new AtomicInteger();
  public volatile HttpResponseHead head;
  public volatile RpcHeaders trailers;
  public volatile HttpClientException failure;
  public volatile AssertionError disorder;

  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch over = new CountDownLatch(1);

  @Override
  public void interim(HttpResponseHead arrived) {
    check(head == null, "an interim response behind the last");
    interim.add(arrived);
  }

  @Override
  public void head(HttpResponseHead arrived) {
    check(head == null, "a second head");
    head = arrived;
    begun.countDown();
  }

  @Override
  public void part(ByteBuf data) {
    check(head != null && data.isReadable(), "a part before the head, or an empty one");
    parts.incrementAndGet();
    synchronized (body) {
      body.writeBytes(ByteBufUtil.getBytes(data));
    }
  }

  @Override
  public void end(RpcHeaders fields) {
    check(head != null, "an end before the head");
    trailers = fields;
    over.countDown();
  }

  @Override
  public void failed(HttpClientException why) {
    check(true, "");
    failure = why;
    over.countDown();
  }

  private void check(boolean inOrder, String what) {
    if (!inOrder || over.getCount() == 0) {
      disorder = new AssertionError(inOrder ? "told behind the end" : what);
      throw disorder;
    }
  }

  public boolean isOver() {
    return over.getCount() == 0;
  }

  public String text() {
    synchronized (body) {
      return body.toString(java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  public byte[] bytes() {
    synchronized (body) {
      return body.toByteArray();
    }
  }

  public int size() {
    synchronized (body) {
      return body.size();
    }
  }

  /** Until the head has come, or nothing will. */
  public Received awaitHead() throws InterruptedException {
    HttpNode.await("a response", () -> begun.getCount() == 0 || isOver());
    return this;
  }

  /** Until the last call. */
  public Received await() throws InterruptedException {
    if (!over.await(HttpNode.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("no end of the call");
    }
    if (disorder != null) {
      throw disorder;
    }
    return this;
  }

  /** Until the response is complete. */
  public Received awaitEnd() throws InterruptedException {
    await();
    if (failure != null) {
      throw new AssertionError("failed", failure);
    }
    return this;
  }

  /** Until the call has failed. */
  public HttpClientException awaitFailure() throws InterruptedException {
    await();
    if (failure == null) {
      throw new AssertionError("ended with status " + head.status());
    }
    return failure;
  }
}
