// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Passes on what an application asks of a request. Notes whether it is answered, what is thrown,
 * and what becomes of the buffers that it lends. Any thread.
 */
final class ObservedRequest implements RpcContext {

  private static final byte GARBAGE = (byte) 0xDB;

  private enum State {
    OPEN,
    BEGUN,
    OVER
  }

  private final RpcContext request;
  private final Findings findings;
  private final BooleanSupplier goesOn;

  // Written in the request's order or by whoever answers, read by the test.
  private volatile State state = State.OPEN;

  ObservedRequest(RpcContext request, Findings findings, BooleanSupplier goesOn) {
    this.request = request;
    this.findings = findings;
    this.goesOn = goesOn;
  }

  /** Nobody waits for an answer any more, or the rest of one. */
  boolean settled() {
    return state == State.OVER || request.cancelled();
  }

  String owes() {
    return name() + (state == State.OPEN ? " was not answered" : "'s answer was not finished");
  }

  String name() {
    return request.method() + ' ' + request.path() + " (" + request.protocol() + ')';
  }

  void threw(Throwable failure) {
    state = State.OVER;
    findings.threw(failure);
  }

  void finished() {
    state = State.OVER;
  }

  boolean goesOn() {
    return goesOn.getAsBoolean();
  }

  Findings findings() {
    return findings;
  }

  /** What the application throws in a call of its own is noted, and goes on to the node. */
  private void call(Runnable call) {
    try {
      call.run();
    } catch (Throwable failure) {
      threw(failure);
      throw failure;
    }
  }

  Runnable watched(Runnable task) {
    return () -> call(task);
  }

  /** A copy, so that it can be ruined behind the call without harm to the node. */
  private void lend(ByteBuf data, Consumer<ByteBuf> taker) {
    ByteBuf copy = connection().allocator().buffer(Math.max(1, data.readableBytes()));
    copy.writeBytes(data, data.readerIndex(), data.readableBytes());
    try {
      call(() -> taker.accept(copy));
    } finally {
      switch (copy.refCnt()) {
        case 0 -> findings.add(name() + ": the application released a buffer that it had borrowed");
        case 1 -> {
          for (int index = 0; index < copy.capacity(); index++) {
            copy.setByte(index, GARBAGE);
          }
          copy.release();
        }
        default -> copy.release();
      }
    }
  }

  @Override
  public void receiveWhole(Consumer<ByteBuf> action) {
    request.receiveWhole(data -> lend(data, action));
  }

  @Override
  public void receive(BodyReceiver receiver) {
    request.receive(
        new BodyReceiver() {
          @Override
          public void part(ByteBuf data) {
            lend(data, receiver::part);
          }

          @Override
          public void end() {
            call(receiver::end);
          }
        });
  }

  @Override
  public boolean respond(RpcResponse response) {
    boolean taken = request.respond(response);
    if (taken) {
      state = State.OVER;
    }
    return taken;
  }

  @Override
  public ResponseBody respondStreaming(RpcResponse head) {
    ResponseBody body = request.respondStreaming(head);
    if (state == State.OPEN) {
      state = State.BEGUN;
    }
    return new ObservedBody(body, this);
  }

  @Override
  public void onCancel(Consumer<CancelReason> action) {
    request.onCancel(reason -> call(() -> action.accept(reason)));
  }

  @Override
  public void execute(Runnable task) {
    request.execute(watched(task));
  }

  @Override
  public ScheduledTask schedule(Duration delay, Runnable task) {
    return request.schedule(delay, watched(task));
  }

  // ---- as it is

  @Override
  public SessionContext connection() {
    return request.connection();
  }

  @Override
  public String protocol() {
    return request.protocol();
  }

  @Override
  public String method() {
    return request.method();
  }

  @Override
  public String authority() {
    return request.authority();
  }

  @Override
  public String path() {
    return request.path();
  }

  @Override
  public Optional<String> query() {
    return request.query();
  }

  @Override
  public RpcHeaders headers() {
    return request.headers();
  }

  @Override
  public OptionalLong contentLength() {
    return request.contentLength();
  }

  @Override
  public void pauseBody() {
    request.pauseBody();
  }

  @Override
  public void resumeBody() {
    request.resumeBody();
  }

  @Override
  public RpcHeaders trailers() {
    return request.trailers();
  }

  @Override
  public boolean interim(int status, OutgoingFields fields) {
    return request.interim(status, fields);
  }

  @Override
  public Duration timeLeft() {
    return request.timeLeft();
  }

  @Override
  public boolean cancelled() {
    return request.cancelled();
  }
}
