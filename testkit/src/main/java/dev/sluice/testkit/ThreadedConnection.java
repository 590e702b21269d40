// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A connection of a {@link ThreadedNode}. Any thread; nothing has happened when a method returns.
 */
final class ThreadedConnection {

  private final EventExecutor loop;
  private final Endpoint endpoint;
  private final Observer observer;
  private final Delivery delivery;
  private final InMemoryStream stream;
  private final CallWatch calls;

  /** Volatile: set by the loop, read by tests. */
  private volatile boolean begun;

  ThreadedConnection(
      EventExecutor loop,
      Endpoint endpoint,
      Observer observer,
      Delivery delivery,
      InMemoryStream stream,
      CallWatch calls) {
    this.loop = loop;
    this.endpoint = endpoint;
    this.observer = observer;
    this.delivery = delivery;
    this.stream = stream;
    this.calls = calls;
    loop.execute(
        () -> {
          stream.begin();
          begun = true;
        });
  }

  void feed(byte[]... parts) {
    loop.execute(() -> stream.arrive(parts));
  }

  /** From the calling thread, as the node's operator does. */
  void sendData(byte[] bytes) {
    stream.reply(observer.arriving(bytes), false);
  }

  void reset() {
    loop.execute(stream::reset);
  }

  void endInput() {
    loop.execute(stream::end);
  }

  /** One of the ways in which a connection may end, 0 to 4. */
  void endSomehow(int way) {
    switch (way) {
      case 0 -> endInput();
      case 1 -> loop.execute(this::askToClose);
      case 2 -> endpoint.drain(Duration.ofSeconds(10), Duration.ZERO);
      case 3 -> loop.execute(() -> stream.bridge().abort(Ending.IDLE));
      default -> reset();
    }
  }

  private void askToClose() {
    ByteBuf nothing = observer.allocator().heapBuffer(1);
    observer.asksWith(nothing);
    stream.reply(nothing, true);
  }

  String received() {
    return new String(delivery.bytes(), ISO_8859_1);
  }

  boolean ended() {
    return begun && endpoint.unfinished() == 0;
  }

  /** Waits until exactly this was heard; not when something else was. */
  void await(Answers answers) {
    ThreadedNode.await(
        () -> {
          String heard = received();
          if (!answers.beginWith(heard)) {
            throw new AssertionError(answers.difference(heard));
          }
          return answers.are(heard);
        },
        () -> answers.difference(received()) + standing());
  }

  /** Where a call into the session stands, if one does. */
  String standing() {
    return calls.standing();
  }

  /** Once it has ended. */
  void check() {
    List<String> found = new ArrayList<>(observer.violations().all());
    found.addAll(observer.allocator().unreleased());
    Map<String, Long> errors = endpoint.metrics().snapshot().errors();
    if (found.isEmpty() && (errors.containsKey("session") || errors.containsKey("internal"))) {
      found.add("it was closed for a failure: " + stream.bridge().ending().reason());
    }
    Violations.check(found, observer.violations().thrown());
  }
}
