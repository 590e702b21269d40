// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A call that follows redirects (RFC 9110, section 15.4): one request behind the other, of which
 * the receiver sees the last one's response. Any thread, but for what its connections tell it, one
 * call after the other.
 */
final class RedirectedCall implements HttpClientCall, HttpResponseReceiver {

  /** Of a redirect's own body, which nobody wants; a longer one costs the connection. */
  private static final int MOST_SKIPPED = 64 << 10;

  /**
   * What a client follows.
   *
   * @param most redirects of a request
   * @param toPlaintext also from {@code https} to {@code http}
   */
  record Rules(int most, boolean toPlaintext) {}

  /** A request, and where it goes. */
  private record Hop(Destination to, @Nullable RequestUri at, HttpClientRequest request) {}

  private final ConnectionPools pools;
  private final Rules rules;
  private final HttpResponseReceiver receiver;
  private final @Nullable Duration deadline;
  private final long began = System.nanoTime();

  /** Kept for another request; null where there is none, or it is streamed. */
  private final @Nullable ByteBuf whole;

  // Of what its connections tell, one behind the other.
  private Hop hop;
  private int followed;
  private @Nullable Hop next;
  private int skipped;

  // Guarded by this.
  private @Nullable PooledCall current;
  private @Nullable HttpRequestBody body;
  private boolean paused;
  private boolean skipping;
  private boolean cancelled;

  private RedirectedCall(
      ConnectionPools pools,
      Rules rules,
      Destination to,
      HttpClientRequest request,
      HttpResponseReceiver receiver) {
    this.pools = pools;
    this.rules = rules;
    this.receiver = Objects.requireNonNull(receiver);
    this.deadline = request.deadline().orElse(null);
    this.whole = request.keptBody();
    request.followed = true;
    this.hop = new Hop(to, Redirects.resource(pools, to, request), request);
  }

  static HttpClientCall begin(
      ConnectionPools pools,
      Rules rules,
      Destination to,
      HttpClientRequest request,
      HttpResponseReceiver receiver) {
    RedirectedCall call = new RedirectedCall(pools, rules, to, request, receiver);
    call.submit();
    return call;
  }

  private void submit() {
    PooledCall call = new PooledCall(pools, hop.to(), hop.request(), this);
    boolean wanted;
    synchronized (this) {
      current = call;
      if (body == null) {
        body = call.body();
      }
      skipping = false;
      if (paused) {
        call.pauseBody();
      }
      wanted = !cancelled;
    }
    if (wanted) {
      pools.submit(call);
    } else {
      call.cancel();
    }
  }

  // ---- what its connection tells

  @Override
  public void interim(HttpResponseHead head) {
    receiver.interim(head);
  }

  @Override
  public void head(HttpResponseHead head) {
    Hop found = followed < rules.most() ? following(head) : null;
    if (found == null) {
      receiver.head(head);
      return;
    }
    receiver.redirected(head, Objects.requireNonNull(found.at()).toUri());
    next = found;
    skipped = 0;
    HttpClientCall call;
    synchronized (this) {
      skipping = true;
      call = Objects.requireNonNull(current);
    }
    if (head.contentLength() > MOST_SKIPPED) {
      call.cancel();
    } else {
      call.resumeBody();
    }
  }

  private @Nullable Hop following(HttpResponseHead head) {
    List<String> locations = head.headers().all("location");
    RequestUri at = hop.at();
    String method = Redirects.method(head.status(), hop.request().method());
    if (at == null || method == null || locations.size() != 1 || locations.get(0).isEmpty()) {
      return null;
    }
    boolean sameBody = method.equals(hop.request().method()) && hop.request().hasBody();
    RequestUri to = at.resolve(locations.get(0));
    if (to == null
        || (sameBody && whole == null)
        || (at.secure() && !to.secure() && !rules.toPlaintext())) {
      return null;
    }
    boolean home = to.sameOrigin(at);
    return new Hop(
        home ? hop.to() : new Destination(to.target(), to.secure(), true),
        to,
        Redirects.request(hop.request(), method, to, home, sameBody));
  }

  @Override
  public void part(ByteBuf data) {
    if (next == null) {
      receiver.part(data);
      return;
    }
    skipped += data.readableBytes();
    if (skipped > MOST_SKIPPED) {
      call().cancel();
    }
  }

  @Override
  public void end(RpcHeaders trailers) {
    if (next != null) {
      follow(next);
    } else {
      dropBody();
      receiver.end(trailers);
    }
  }

  @Override
  public void failed(HttpClientException failure) {
    boolean goOn;
    synchronized (this) {
      goOn = next != null && !cancelled;
    }
    if (goOn) {
      // Of a redirect its head is all that is wanted.
      follow(Objects.requireNonNull(next));
    } else {
      dropBody();
      receiver.failed(followed > 0 ? failure.afterAnEarlierAttempt() : failure);
    }
  }

  private void follow(Hop found) {
    next = null;
    followed++;
    hop = found;
    HttpClientRequest request = found.request();
    if (deadline != null) {
      long left = deadline.toNanos() - (System.nanoTime() - began);
      if (left <= 0) {
        // It may have been the deadline that has ended the redirect.
        String message = request + ": not answered within its deadline of " + deadline;
        dropBody();
        receiver.failed(new HttpClientException(Kind.TIMEOUT, true, message, null));
        return;
      }
      request.deadline(Duration.ofNanos(left));
    }
    if (request.hasBody() && whole != null) {
      request.body(whole.retainedDuplicate());
    }
    submit();
  }

  private void dropBody() {
    if (whole != null) {
      whole.release();
    }
  }

  // ---- the caller's side

  private synchronized HttpClientCall call() {
    return Objects.requireNonNull(current);
  }

  @Override
  public synchronized HttpRequestBody body() {
    return Objects.requireNonNull(body);
  }

  @Override
  public void pauseBody() {
    pause(true);
  }

  @Override
  public void resumeBody() {
    pause(false);
  }

  /** What is skipped is not held back: the caller hears nothing of it. */
  private void pause(boolean wanted) {
    HttpClientCall call;
    synchronized (this) {
      paused = wanted;
      if (skipping) {
        return;
      }
      call = Objects.requireNonNull(current);
    }
    if (wanted) {
      call.pauseBody();
      if (skips(call)) {
        // It has turned out to be a redirect in between, and nobody would let it go on.
        call.resumeBody();
      }
    } else {
      call.resumeBody();
    }
  }

  private synchronized boolean skips(HttpClientCall call) {
    return skipping && call == current;
  }

  @Override
  public void cancel() {
    HttpClientCall call;
    synchronized (this) {
      cancelled = true;
      call = Objects.requireNonNull(current);
    }
    call.cancel();
  }
}
