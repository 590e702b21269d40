// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.WriteCompletion;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection of an {@link InMemoryPlatform}: the test is the peer and the node, the protocol's
 * session is real.
 *
 * <p>What the test does takes effect before the method returns: each runs everything that waits on
 * the {@link DeterministicExecutor}, on the test's thread. What is done from within a call into the
 * session, or on another thread, is queued until then. Nothing here waits, and no time passes but
 * by {@link #advance}.
 *
 * <p>The connection keeps the platform's side of the contract as {@link Session} and {@link
 * SessionWriter} state it, and notes where the session breaks its own side: see {@link
 * #violations}. Closing it ends the connection and fails if there is any.
 */
public final class InMemoryConnection implements AutoCloseable {

  private final DeterministicExecutor executor;
  private final TrackingAllocator allocator = new TrackingAllocator();
  private final Violations violations = new Violations();
  private final Outbound outbound;
  private final Inbound inbound;
  private final InMemorySessionContext context;
  private final InMemorySessionWriter writer;
  private final SessionCalls calls;
  private final Arrivals arrivals;
  private boolean checked;

  /** Volatile: set by the executor's task, read by tests on any thread. */
  private volatile @Nullable CloseReason closed;

  InMemoryConnection(ConnectionOptions options, DeterministicExecutor executor) {
    this.executor = executor;
    this.outbound =
        new Outbound(new Queueing(), violations, options.highMark(), options.hardMark());
    this.inbound = new Inbound(options.inboundBudget(), this::readOnAgain);
    this.context = new InMemorySessionContext(options, executor, allocator, this::inOrder);
    this.writer = new InMemorySessionWriter(context, outbound, inbound, executor, violations);
    this.calls =
        new SessionCalls(
            options.protocol(),
            writer,
            context,
            allocator,
            violations,
            () -> outbound.close(CloseReason.PROTOCOL_ERROR));
    if (options.protocol().speaksFirst()) {
      executor.execute(calls::make);
    }
    this.arrivals = new Arrivals(executor, inbound, outbound, calls, context);
    if (options.idleTimeout() != null) {
      new IdleWatch(options.idleTimeout(), executor, outbound, arrivals).look();
    }
    executor.runAll();
  }

  /**
   * The peer sends; the node reads it in one pass: one {@code handleIncomingData} for each part,
   * then {@code incomingComplete}. While reads are paused it waits.
   *
   * @param parts on TCP an empty one counts for nothing; on UDP each is a datagram
   */
  public void feed(byte[]... parts) {
    byte[][] copies = Arrays.stream(parts).map(byte[]::clone).toArray(byte[][]::new);
    drive(() -> arrivals.pass(copies));
  }

  /**
   * As {@link #feed(byte[]...)} with one part.
   *
   * @param text sent as UTF-8
   */
  public void feed(String text) {
    feed(text.getBytes(UTF_8));
  }

  /** The peer ends its sending side and goes on reading; under TLS that ends the connection. */
  public void endInput() {
    drive(arrivals::end);
  }

  /** The peer breaks the connection off: what was not read yet is lost. */
  public void reset() {
    end(CloseReason.PEER_RESET);
  }

  /** The peer stops reading and the kernel is full: it takes nothing more. */
  public void stopReading() {
    outbound.stopTaking();
  }

  /**
   * The peer reads a little; meant to follow {@link #stopReading}.
   *
   * @param bytes how many more the kernel takes
   */
  public void read(int bytes) {
    outbound.grant(bytes);
    executor.runAll();
  }

  /** The peer reads everything from now on, as it does at first. */
  public void readOn() {
    outbound.grant(-1);
    executor.runAll();
  }

  /** The node asks the session to end, see {@link Session#closeSession}. */
  public void askToClose() {
    drive(() -> calls.call("closeSession", Session::closeSession));
  }

  /**
   * The node is going to stop: the session is told; at the deadline the connection is aborted.
   *
   * @param deadline on the manual clock
   */
  public void drain(Duration deadline) {
    drive(
        () -> {
          if (!calls.alive()) {
            outbound.close(CloseReason.TERMINATED);
          }
          calls.call("drainRequested", session -> session.drainRequested(deadline));
          Future<?> unused =
              executor.schedule(
                  () -> outbound.abort(CloseReason.DRAIN_DEADLINE),
                  deadline.toNanos(),
                  TimeUnit.NANOSECONDS);
        });
  }

  /** The connection was idle for too long. */
  public void expire() {
    end(CloseReason.IDLE_TIMEOUT);
  }

  /**
   * The node ends the connection at once.
   *
   * @param reason why
   */
  public void end(CloseReason reason) {
    drive(() -> outbound.abort(reason));
  }

  /**
   * Bytes from outside the session, see {@link Session#sendData}.
   *
   * @param data what to send
   * @return whether the session took them; {@code false} also where there is no session
   */
  public boolean sendData(byte[] data) {
    boolean[] answer = {false};
    drive(
        () -> {
          if (outbound.open()) {
            calls.sendData(data, taken -> answer[0] = taken);
          }
        });
    return answer[0];
  }

  /**
   * Lets time pass.
   *
   * @param by not negative
   */
  public void advance(Duration by) {
    executor.advance(by);
  }

  /** Runs what other threads have handed in since. */
  public void runAll() {
    executor.runAll();
  }

  /**
   * What the peer has got.
   *
   * @return all of it since the start
   */
  public byte[] received() {
    return outbound.delivered();
  }

  /**
   * What the peer has got, as text.
   *
   * @return read as UTF-8
   */
  public String receivedText() {
    return new String(received(), UTF_8);
  }

  /**
   * Whether the peer has seen the end of what the node sends.
   *
   * @return {@code true} after the close, and after {@link SessionWriter#shutdownOutput}
   */
  public boolean outputEnded() {
    return outbound.endSeen();
  }

  /**
   * Whether the session has called {@code closeSocket} or {@code abort}.
   *
   * @return also when the connection has ended since
   */
  public boolean closeAsked() {
    return writer.closeAsked();
  }

  /**
   * How the connection ended.
   *
   * @return empty until it is gone and the session, if there is one, was told
   */
  public Optional<CloseReason> closed() {
    return Optional.ofNullable(closed);
  }

  /**
   * Bytes that were written and that the kernel has not taken.
   *
   * @return 0 or more
   */
  public long pendingOutput() {
    return outbound.pending();
  }

  /**
   * Bytes that the session has declared by {@link SessionWriter#hold} and not taken back.
   *
   * @return 0 or more
   */
  public long heldBytes() {
    return inbound.held();
  }

  /**
   * Whether the node reads from the peer.
   *
   * @return {@code false} while the session has paused reads or holds as much as its budget
   */
  public boolean reading() {
    return inbound.mayRead();
  }

  /**
   * The session's counters.
   *
   * @return a copy
   */
  public Map<String, Long> counters() {
    return context.counters();
  }

  /**
   * The note that the session left.
   *
   * @return the last one
   */
  public Optional<String> note() {
    return Optional.ofNullable(context.note());
  }

  /**
   * What the session was given; a test may write by it from any thread.
   *
   * @return the connection's writer
   */
  public SessionWriter writer() {
    return writer;
  }

  /**
   * What the session was given.
   *
   * @return the connection's context
   */
  public SessionContext context() {
    return context;
  }

  /**
   * What the session did against the contract: threw, wrote after it had asked for the close, used
   * another connection's id, released what it had borrowed, changed what it had written; and, once
   * the connection has ended, which buffers it did not release.
   *
   * @return in words, oldest first; empty if all is well
   */
  public List<String> violations() {
    List<String> found = new ArrayList<>(violations.all());
    executor.failures().forEach(failure -> found.add("a task on the executor threw " + failure));
    if (closed != null) {
      found.addAll(allocator.unreleased());
    }
    return found;
  }

  /**
   * Ends the connection as the peer's reset would, if it is still open.
   *
   * @throws AssertionError if there are {@link #violations}
   */
  @Override
  public void close() {
    checked = true;
    reset();
    List<Throwable> thrown = new ArrayList<>(violations.thrown());
    thrown.addAll(executor.failures());
    Violations.check(violations(), thrown);
  }

  /** Whether {@link #close} has looked at it. */
  boolean checked() {
    return checked;
  }

  private void drive(Runnable step) {
    executor.execute(step);
    executor.runAll();
  }

  private void readOnAgain() {
    executor.execute(arrivals::wantRead);
  }

  private boolean inOrder(Runnable task) {
    if (outbound.gone()) {
      return false;
    }
    executor.execute(
        () -> {
          if (calls.alive() && !outbound.gone()) {
            calls.guard("a task", task);
          }
        });
    return true;
  }

  /** Brings what happens on the way out into the session's order. */
  private final class Queueing implements Outbound.Events {
    @Override
    public void flushWanted() {
      executor.execute(outbound::flush);
    }

    @Override
    public void writabilityChanged() {
      executor.execute(
          () -> {
            if (outbound.open()) {
              calls.writability(outbound.tellWritable());
            }
          });
    }

    @Override
    public void completed(WriteCompletion completion, boolean written) {
      executor.execute(
          () -> calls.guard("a write's completion", () -> completion.complete(written)));
    }

    @Override
    public void ended(CloseReason reason) {
      executor.execute(
          () -> {
            calls.closed(reason);
            closed = reason;
          });
    }
  }
}
