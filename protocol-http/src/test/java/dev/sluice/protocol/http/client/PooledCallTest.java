// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A call between its caller and connections that do what a test says. */
@Timeout(30)
class PooledCallTest {

  private static final OutboundTarget TARGET = new OutboundTarget("127.0.0.1", 1);

  /** A connection with one place. */
  private static final class Fake implements HttpClientSession {
    private final BiFunction<HttpClientRequest, HttpResponseReceiver, HttpClientCall> taken;
    final AtomicInteger sends = new AtomicInteger();
    volatile Runnable change = () -> {};

    Fake(BiFunction<HttpClientRequest, HttpResponseReceiver, HttpClientCall> taken) {
      this.taken = taken;
    }

    @Override
    public HttpClientCall send(HttpClientRequest request, HttpResponseReceiver receiver) {
      sends.incrementAndGet();
      return taken.apply(request, receiver);
    }

    @Override
    public int maxRequests() {
      return 1;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void onChange(Runnable action) {
      change = action;
    }

    @Override
    public void shutdown() {}

    @Override
    public void handleIncomingData(ByteBuf data) {
      data.release();
    }

    @Override
    public boolean sendData(ByteBuf data) {
      return false;
    }

    @Override
    public void closeSession() {}

    @Override
    public void connectionClosed(CloseReason reason) {}

    /** The way to it, over and over. */
    OutboundConnector connector() {
      OutboundConnection<HttpClientSession> connection = connection(this);
      return new OutboundConnector() {
        @Override
        public <S extends Session> CompletionStage<OutboundConnection<S>> connect(
            OutboundTarget target, OutboundOptions options, ClientSessionFactory<S> factory) {
          throw new AssertionError();
        }

        @Override
        public CompletionStage<OutboundConnection<? extends Session>> connect(
            OutboundTarget target, OutboundOptions options, List<String> protocols) {
          return CompletableFuture.completedFuture(connection);
        }
      };
    }

    private static OutboundConnection<HttpClientSession> connection(HttpClientSession session) {
      SessionContext context =
          (SessionContext)
              Proxy.newProxyInstance(
                  PooledCallTest.class.getClassLoader(),
                  new Class<?>[] {SessionContext.class},
                  (self, method, arguments) -> {
                    throw new AssertionError(method);
                  });
      return new OutboundConnection<>(session, context);
    }
  }

  /** The connection's view of a call, which looks whether it is called under a lock. */
  private static class FakeCall implements HttpClientCall, HttpRequestBody {
    final List<String> done = new ArrayList<>();
    private final HttpResponseReceiver receiver;

    FakeCall(HttpResponseReceiver receiver) {
      this.receiver = receiver;
    }

    private void done(String what) {
      assertThat(Thread.holdsLock(receiver)).as(what + " under a lock").isFalse();
      done.add(what);
    }

    @Override
    public HttpRequestBody body() {
      return this;
    }

    @Override
    public void pauseBody() {
      done("pause");
    }

    @Override
    public void resumeBody() {
      done("resume");
    }

    @Override
    public void cancel() {
      done("cancel");
      receiver.failed(new HttpClientException(Kind.CANCELLED, true, "cancelled", null));
    }

    @Override
    public boolean write(ByteBuf data) {
      done("write");
      data.release();
      return true;
    }

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void onWritable(Runnable action) {
      done("onWritable");
    }

    @Override
    public void finish() {
      done("finish");
    }

    @Override
    public void finish(OutgoingFields trailers) {
      done("finish");
    }
  }

  private static final class Heard implements HttpResponseReceiver {
    final CompletableFuture<Kind> failed = new CompletableFuture<>();
    volatile boolean ended;

    @Override
    public void head(HttpResponseHead head) {}

    @Override
    public void part(ByteBuf data) {}

    @Override
    public void end(RpcHeaders trailers) {
      ended = true;
    }

    @Override
    public void failed(HttpClientException failure) {
      failed.complete(failure.kind());
    }
  }

  private static HttpClient.Builder client(Fake session) {
    return HttpClient.builder(session.connector()).maxConnections(1);
  }

  private static ByteBuf bytes(int count) {
    return Unpooled.buffer(count).writerIndex(count);
  }

  @Test
  void theAttemptIsToldWithoutALock() {
    AtomicReference<FakeCall> attempt = new AtomicReference<>();
    Fake session =
        new Fake(
            (request, receiver) -> {
              attempt.set(new FakeCall(receiver));
              // The caller has the call by now.
              PooledCall call = (PooledCall) receiver;
              call.pauseBody();
              call.body().write(bytes(1));
              call.body().finish();
              return attempt.get();
            });
    try (HttpClient client = client(session).build()) {
      client.send(TARGET, HttpClientRequest.of("PUT", "/").streamed(), new Heard());
      assertThat(attempt.get().done).containsExactly("pause", "write", "finish");
    }
  }

  /** Between the attempt's beginning and the moment in which the caller's parts go there. */
  @Test
  void moreThanMayWaitEndsACallThatIsJustAboutToBegin() throws Exception {
    AtomicReference<FakeCall> attempt = new AtomicReference<>();
    Fake session =
        new Fake(
            (request, receiver) -> {
              attempt.set(new FakeCall(receiver));
              HttpRequestBody body = ((PooledCall) receiver).body();
              assertThat(body.write(bytes(1 << 20))).isTrue();
              assertThat(body.write(bytes(1))).isFalse();
              assertThat(body.write(bytes(1))).isFalse();
              return attempt.get();
            });
    try (HttpClient client = client(session).build()) {
      Heard heard = new Heard();
      client.send(TARGET, HttpClientRequest.of("PUT", "/").streamed(), heard);
      assertThat(heard.failed.get(10, TimeUnit.SECONDS)).isEqualTo(Kind.RECEIVER_FAILED);
      assertThat(attempt.get().done).containsExactly("cancel");
    }
  }

  @Test
  void aCallThatFindsNoRoomWaitsForAChange() throws Exception {
    AtomicInteger full = new AtomicInteger(1_000);
    Heard heard = new Heard();
    Fake session =
        new Fake(
            (request, receiver) -> {
              FakeCall call = new FakeCall(receiver);
              if (full.getAndDecrement() > 0) {
                receiver.failed(new HttpClientException(Kind.LIMIT, false, "full", null));
              } else {
                receiver.head(new HttpResponseHead("HTTP/1.1", 204, RpcHeaders.EMPTY, 0));
                receiver.end(RpcHeaders.EMPTY);
              }
              return call;
            });
    try (HttpClient client = client(session).build()) {
      client.send(TARGET, HttpClientRequest.get("/"), heard);
      assertThat(heard.failed).isNotDone();
      assertThat(session.sends.get()).isLessThan(10);
      full.set(0);
      session.change.run();
      assertThat(heard.ended).isTrue();
    }
  }

  /** Of another client: the clock is that of all. */
  @Test
  void aReceiverThatBlocksDoesNotStopTheClock() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    CountDownLatch blocked = new CountDownLatch(1);
    Fake busy = new Fake((request, receiver) -> new FakeCall(receiver));
    Fake other = new Fake((request, receiver) -> new FakeCall(receiver));
    try (HttpClient first = client(busy).waitTimeout(Duration.ofMillis(50)).build();
        HttpClient second = client(other).waitTimeout(Duration.ofMillis(50)).build()) {
      first.send(TARGET, HttpClientRequest.get("/"), new Heard());
      second.send(TARGET, HttpClientRequest.get("/"), new Heard());
      first.send(
          TARGET,
          HttpClientRequest.get("/"),
          new HttpResponseReceiver() {
            @Override
            public void head(HttpResponseHead head) {}

            @Override
            public void part(ByteBuf data) {}

            @Override
            public void end(RpcHeaders trailers) {}

            @Override
            public void failed(HttpClientException failure) {
              blocked.countDown();
              try {
                released.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            }
          });
      assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
      Heard heard = new Heard();
      second.send(TARGET, HttpClientRequest.get("/"), heard);
      assertThat(heard.failed.get(5, TimeUnit.SECONDS)).isEqualTo(Kind.TIMEOUT);
    } finally {
      released.countDown();
    }
  }
}
