// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CustomProtocolSubsystem;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A platform as {@link PlatformContract} sees it: a node that serves a protocol, and its clients.
 *
 * <p>Methods are called on the test's thread. Where something is expected, they wait for it up to
 * some ten seconds and then throw an {@link AssertionError}.
 */
public interface PlatformHarness extends AutoCloseable {

  /**
   * Whether the connections run under TLS.
   *
   * @return the same at each call
   */
  boolean secure();

  /**
   * How many held bytes pause a connection's reads and do not yet close it.
   *
   * @return more than 0
   */
  int inboundBudget();

  /**
   * Serves the protocol, on an interface of its own the first time it is given, and connects.
   *
   * @param protocol as given; not found by name
   * @return returned once the connection stands, under TLS after the handshake
   */
  Client connect(CustomProtocolSubsystem protocol);

  /**
   * Serves the protocol on an interface whose soft cap is used up, and connects.
   *
   * @param protocol not given before
   * @return as above
   */
  Client connectCapped(CustomProtocolSubsystem protocol);

  /**
   * Serves the protocol on an interface with an idle timeout, and connects.
   *
   * @param protocol not given before
   * @param idleTimeout of its connections
   * @return as above
   */
  Client connectIdle(CustomProtocolSubsystem protocol, Duration idleTimeout);

  /**
   * Begins to drain the node: tells the sessions, aborts at the deadline what is open then.
   *
   * @param deadline from now; this method returns at once
   */
  void drain(Duration deadline);

  /** Ends the node with everything that is open. */
  @Override
  void close();

  /**
   * Waits for a condition.
   *
   * @param what for the message
   * @param condition may be asked any number of times
   * @throws AssertionError if it does not come true
   */
  default void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within 10 s: " + what);
      }
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
    }
  }

  /**
   * Gives what should not happen the time to happen: as long as everything under way takes with
   * certainty, and at least 200 ms.
   */
  default void settle() {
    long deadline = System.nanoTime() + Duration.ofMillis(200).toNanos();
    while (System.nanoTime() < deadline) {
      LockSupport.parkNanos(deadline - System.nanoTime());
    }
  }

  /**
   * The other end of a connection. It reads only when it is told to: until then what arrives stays
   * with the kernel, and then with the node.
   */
  interface Client extends AutoCloseable {

    /**
     * Sends. Does not fail where the connection has ended or ends meanwhile.
     *
     * @param bytes otherwise all taken by the kernel when this returns
     */
    void send(byte[] bytes);

    /**
     * Reads.
     *
     * @param count how many bytes
     * @return exactly as many
     * @throws AssertionError if the connection ends before
     */
    byte[] receive(int count);

    /**
     * Reads to the end of what the node sends.
     *
     * @return what came, possibly nothing
     * @throws AssertionError if the connection was broken off
     */
    byte[] receiveToEnd();

    /** Reads until the connection ends, in whatever way, and throws away what comes. */
    void awaitEnd();

    /** Ends the sending side (under TLS by close_notify) and may go on reading. */
    void endOutput();

    /** Breaks the connection off: the node sees a reset. */
    void reset();

    /** Closes in order. Does nothing if closed already. */
    @Override
    void close();
  }
}
