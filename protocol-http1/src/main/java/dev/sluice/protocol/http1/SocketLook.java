// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.SessionContext;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Holds requests back until all that has come on their connection was seen. A pass of reading ends
 * where a read buffer is full, perhaps just behind an answer: what the socket has left is not the
 * answer to a request that is sent now. A connection without requests costs nothing. On its loop.
 */
final class SocketLook implements Runnable {

  /** What is awaited: a task of the loop, its look at the sockets, the session's turn. */
  private enum Step {
    NONE,
    TASK,
    LOOK,
    TURN
  }

  private final Http1Client client;
  private final SessionContext context;
  private final ArrayDeque<Http1Call> waiting = new ArrayDeque<>(2);

  /** Bytes have come, and more may have: the loop has not looked at its sockets since. */
  private boolean bytesCame;

  private Step step = Step.NONE;

  SocketLook(Http1Client client, SessionContext context) {
    this.client = client;
    this.context = context;
  }

  /** Something was read. */
  void bytesCame() {
    bytesCame = true;
  }

  /** Whether a request has to wait. */
  boolean isNeeded() {
    return bytesCame || step != Step.NONE;
  }

  /** The call waits, and a look is on its way. */
  void await(Http1Call call) {
    waiting.add(call);
    begin();
  }

  int waiting() {
    return waiting.size();
  }

  /** The connection ends before they have begun. */
  void refuse(String why) {
    Http1Call call;
    while ((call = waiting.poll()) != null) {
      call.refused(Kind.CLOSED, why);
    }
  }

  /** A copy of these calls and those that wait. */
  List<Http1Call> pending(Collection<Http1Call> begun) {
    List<Http1Call> all = new ArrayList<>(begun);
    all.addAll(waiting);
    return all;
  }

  /**
   * What a pass of reading schedules runs behind the passes of this very look. What a task
   * schedules runs behind the loop's next look at its sockets.
   */
  private void begin() {
    if (step == Step.NONE) {
      step = Step.TASK;
      try {
        context.executor().execute(this);
      } catch (RejectedExecutionException loopHasEnded) {
        inTurn();
      }
    }
  }

  /** The next step; itself, since this is done for every request of a busy connection. */
  @Override
  public void run() {
    switch (step) {
      case TASK -> look();
      case LOOK -> inTurn();
      case TURN -> looked();
      case NONE -> {}
    }
  }

  private void look() {
    step = Step.LOOK;
    bytesCame = false;
    EventExecutor loop = context.executor();
    try {
      var unused = loop.schedule(this, 0, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException loopHasEnded) {
      inTurn();
    }
  }

  /** Behind what was read, where that waits; not at all where the connection is gone. */
  private void inTurn() {
    step = Step.TURN;
    boolean unused = context.execute(this);
  }

  private void looked() {
    step = Step.NONE;
    if (bytesCame && client.first() == null) {
      // An answer has ended in what this look has brought.
      begin();
      return;
    }
    Http1Call call;
    while ((call = waiting.poll()) != null) {
      client.start(call);
    }
    client.settle();
  }
}
