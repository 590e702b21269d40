// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.Endpoint;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One connection of an {@link InMemoryPlatform}: the test is the peer and the node's operator, the
 * protocol's session is real, and so is the engine between them: order, marks, budgets, deadlines
 * and endings are the node's.
 *
 * <p>What the test does takes effect before the method returns: each runs everything that waits on
 * the {@link DeterministicExecutor}, on the test's thread. What is done from within a call into the
 * session, or on another thread, is queued until then. Nothing here waits, and no time passes but
 * by {@link #advance}.
 *
 * <p>The peer takes all that it is sent, and once it has seen the end of it ends its own side:
 * {@link #stopReading} and {@link #stayOpen} make it another's. Where the session breaks its side
 * of the contract, as {@link Session} and {@link SessionWriter} state it, that is noted: see {@link
 * #violations}. Closing ends the connection and fails if there is any.
 */
public final class InMemoryConnection implements AutoCloseable {

  private final InMemoryNode node;
  private final DeterministicExecutor executor;
  private final Observer observer;
  private final Delivery delivery = new Delivery();
  private final Endpoint endpoint;
  private final InMemoryCarrier carrier;
  private boolean checked;

  /** Volatile: set by the executor's task, read by tests on any thread. */
  private volatile boolean begun;

  InMemoryConnection(InMemoryNode node, Observer observer, ConnectionOptions options) {
    this.node = node;
    this.executor = node.executor();
    this.observer = observer;
    // One of its own, so that it can be drained without the others.
    this.endpoint = node.connections().endpoint(options.served());
    this.carrier = node.carrier(endpoint, observer, delivery, options);
    drive(
        () -> {
          carrier.begin();
          begun = true;
          node.keepTicking();
        });
  }

  /**
   * The peer sends; the node reads it in one pass: one {@code handleIncomingData} for each part,
   * then {@code incomingComplete}. While reads are paused it waits.
   *
   * @param parts on TCP an empty one counts for nothing; on UDP each is a datagram
   */
  public void feed(byte[]... parts) {
    byte[][] copies = Arrays.stream(parts).map(byte[]::clone).toArray(byte[][]::new);
    drive(() -> carrier.arrive(copies));
  }

  /**
   * As {@link #feed(byte[]...)} with one part.
   *
   * @param text sent as UTF-8
   */
  public void feed(String text) {
    feed(text.getBytes(UTF_8));
  }

  /**
   * The peer ends its sending side, under TLS by close_notify, and goes on reading. On UDP there is
   * no such thing, and nothing happens.
   */
  public void endInput() {
    drive(carrier::end);
  }

  /** The peer breaks the connection off: what was not read yet is lost. */
  public void reset() {
    drive(carrier::reset);
  }

  /**
   * The peer will not end its side when it has seen the end of the node's. A node waits for it as
   * long as its linger timeout.
   */
  public void stayOpen() {
    if (carrier instanceof InMemoryStream stream) {
      stream.stayOpen();
    }
  }

  /**
   * The handshake is over, where it has only begun: see {@link
   * InMemoryPlatform#connectHandshaking}.
   */
  public void finishHandshake() {
    if (carrier instanceof InMemoryStream stream) {
      drive(stream::establish);
    }
  }

  /** The peer stops reading and the kernel is full: it takes nothing more. */
  public void stopReading() {
    delivery.stop();
  }

  /**
   * The peer reads a little; meant to follow {@link #stopReading}.
   *
   * @param bytes how many more the kernel takes
   */
  public void read(int bytes) {
    delivery.grant(bytes);
    drive(carrier::take);
  }

  /** The peer reads everything from now on, as it does at first. */
  public void readOn() {
    delivery.grant(-1);
    drive(carrier::take);
  }

  /**
   * The node asks the session to end, see {@link Session#closeSession}. Does nothing where a close
   * is under way, or no session was made yet.
   */
  public void askToClose() {
    drive(
        () -> {
          ByteBuf nothing = observer.allocator().heapBuffer(1);
          observer.asksWith(nothing);
          carrier.reply(nothing, true);
        });
  }

  /**
   * The node is going to stop, and has no patience with a session that has nothing in hand.
   *
   * @param deadline on the manual clock
   */
  public void drain(Duration deadline) {
    drain(deadline, Duration.ZERO);
  }

  /**
   * The node is going to stop: the session is told; without one the connection is closed when the
   * grace is over; at the deadline it is aborted.
   *
   * @param deadline on the manual clock
   * @param idleGrace see {@link SessionContext#drainIdleGrace}
   */
  public void drain(Duration deadline, Duration idleGrace) {
    drive(() -> node.drain(endpoint, deadline, idleGrace));
  }

  /** The connection was idle for too long. */
  public void expire() {
    drive(() -> carrier.bridge().abort(Ending.IDLE));
  }

  /**
   * The node ends the connection at once.
   *
   * @param reason why
   */
  public void end(CloseReason reason) {
    drive(() -> carrier.bridge().abort(Ending.of(reason)));
  }

  /**
   * Bytes from outside the session, see {@link Session#sendData}.
   *
   * @param data what to send
   * @return whether the session took them; {@code false} also where there is no session
   */
  public boolean sendData(byte[] data) {
    observer.expectAnswer();
    drive(() -> carrier.reply(observer.arriving(data), false));
    return observer.taken();
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
    return delivery.bytes();
  }

  /**
   * Takes what the peer has got out, so that {@link #received} has it no more: for one that carries
   * it on.
   *
   * @return what has come since the last call
   */
  public byte[] takeReceived() {
    return delivery.take();
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
    return carrier.outputEnded();
  }

  /**
   * Whether the peer has seen the connection broken off by the node.
   *
   * @return {@code false} where it has seen an end in order, or none
   */
  public boolean brokenOff() {
    return carrier.brokenOff();
  }

  /**
   * Whether the session has called {@code closeSocket} or {@code abort}.
   *
   * @return also when the connection has ended since
   */
  public boolean closeAsked() {
    return observer.closeAsked();
  }

  /**
   * How the connection ended.
   *
   * @return empty until it is gone and the session, if there is one, was told
   */
  public Optional<CloseReason> closed() {
    if (observer.told() == null && begun && endpoint.unfinished() == 0) {
      return Optional.of(carrier.bridge().ending().reason());
    }
    return Optional.ofNullable(observer.told());
  }

  /**
   * What a node keeps of the connection's end: who ended it, which limit was reached.
   *
   * @return empty until it has ended
   */
  public Optional<CloseRecord> closeRecord() {
    return node.recordOf(carrier.bridge().id());
  }

  /**
   * What a node's operator is shown of the connection.
   *
   * @return empty before it has begun and once it has ended
   */
  public Optional<ConnectionView> view() {
    return node.viewOf(carrier.bridge().id());
  }

  /**
   * Bytes that were written and that the kernel has not taken.
   *
   * @return 0 or more
   */
  public long pendingOutput() {
    return observer.written().pending();
  }

  /**
   * Bytes that the session has declared by {@link SessionWriter#hold} and not taken back, or that
   * wait for its turn.
   *
   * @return 0 or more
   */
  public long heldBytes() {
    return view().map(ConnectionView::heldIn).orElse(0L);
  }

  /**
   * Whether the node reads from the peer.
   *
   * @return {@code false} while the session has paused reads, or the node has, see {@link
   *     InMemoryPlatform#inboundBudget}
   */
  public boolean reading() {
    return carrier.reading();
  }

  /**
   * The session's counters.
   *
   * @return a copy
   */
  public Map<String, Long> counters() {
    return endpoint.metrics().snapshot().counters();
  }

  /**
   * The note that the session left.
   *
   * @return the last one
   */
  public Optional<String> note() {
    return Optional.ofNullable(observer.note());
  }

  /**
   * What the session was given; a test may write by it from any thread.
   *
   * @return the connection's writer
   * @throws IllegalStateException if no session was made yet
   */
  public SessionWriter writer() {
    return observer.writer();
  }

  /**
   * What the session was given.
   *
   * @return the connection's context
   * @throws IllegalStateException if no session was made yet
   */
  public SessionContext context() {
    return observer.writer().context(carrier.bridge().id());
  }

  /**
   * What the session did against the contract: threw, wrote after it had asked for the close, used
   * another connection's id, released what it had borrowed, changed or released what it had
   * written; and, once the connection has ended, which buffers it did not release.
   *
   * @return in words, oldest first; empty if all is well
   */
  public List<String> violations() {
    List<String> found = new ArrayList<>(observer.violations().all());
    executor.failures().forEach(failure -> found.add("a task on the executor threw " + failure));
    if (found.isEmpty()) {
      node.failure(endpoint, carrier.bridge().id()).ifPresent(found::add);
    }
    if (closed().isPresent()) {
      found.addAll(observer.allocator().unreleased());
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
    List<Throwable> thrown = new ArrayList<>(observer.violations().thrown());
    thrown.addAll(executor.failures());
    Violations.check(violations(), thrown);
  }

  Overrun overrun() {
    return observer.overrun();
  }

  /** Whether {@link #close} has looked at it. */
  boolean checked() {
    return checked;
  }

  private void drive(Runnable step) {
    executor.execute(step);
    executor.runAll();
  }
}
