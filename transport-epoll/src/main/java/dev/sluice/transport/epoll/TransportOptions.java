// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.session.bridge.BridgeOptions;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBufAllocator;
import java.time.Duration;

/**
 * What all interfaces of a node share.
 *
 * @param eventLoops how many event loops; at least 1
 * @param workers how many worker threads at the most; at least 1
 * @param inboundQueueLimit bytes of input waiting for sessions, node-wide
 * @param inboundConnectionLimit bytes of input waiting for one session
 * @param outboundQueueLimit bytes of output waiting for the kernel, node-wide
 * @param requestTimeout how long a session at work counts as busy and not as idle
 * @param allocator where buffers come from
 * @param closeRecords how many records of closed connections are kept; 0 for none
 * @param sweepPeriod how often each loop looks at the deadlines of its connections, which is how
 *     late one of them may be noticed
 */
public record TransportOptions(
    int eventLoops,
    int workers,
    long inboundQueueLimit,
    int inboundConnectionLimit,
    long outboundQueueLimit,
    Duration requestTimeout,
    ByteBufAllocator allocator,
    int closeRecords,
    Duration sweepPeriod) {

  /** Half of what a timeout may be late. */
  private static final Duration SWEEP = Duration.ofMillis(250);

  /** Unless told otherwise. */
  private static final int CLOSE_RECORDS = 1024;

  /**
   * With the default number of close records, and deadlines looked at four times a second.
   *
   * @param eventLoops how many event loops; at least 1
   * @param workers how many worker threads at the most; at least 1
   * @param inboundQueueLimit bytes of input waiting for sessions, node-wide
   * @param inboundConnectionLimit bytes of input waiting for one session
   * @param outboundQueueLimit bytes of output waiting for the kernel, node-wide
   * @param requestTimeout how long a session at work counts as busy and not as idle
   * @param allocator where buffers come from
   */
  public TransportOptions(
      int eventLoops,
      int workers,
      long inboundQueueLimit,
      int inboundConnectionLimit,
      long outboundQueueLimit,
      Duration requestTimeout,
      ByteBufAllocator allocator) {
    this(
        eventLoops,
        workers,
        inboundQueueLimit,
        inboundConnectionLimit,
        outboundQueueLimit,
        requestTimeout,
        allocator,
        CLOSE_RECORDS,
        SWEEP);
  }

  /**
   * The defaults, as the configuration reference gives them.
   *
   * @return a loop a processor
   */
  public static TransportOptions defaults() {
    return new TransportOptions(
        Runtime.getRuntime().availableProcessors(),
        32,
        16L << 20,
        1 << 20,
        128L << 20,
        Duration.ofSeconds(60),
        new AdaptiveByteBufAllocator());
  }

  /**
   * With other bounds on waiting bytes.
   *
   * @param inboundQueue node-wide input
   * @param inboundConnection input of one connection
   * @param outboundQueue node-wide output
   * @return a copy
   */
  public TransportOptions withQueueLimits(
      long inboundQueue, int inboundConnection, long outboundQueue) {
    return new TransportOptions(
        eventLoops,
        workers,
        inboundQueue,
        inboundConnection,
        outboundQueue,
        requestTimeout,
        allocator,
        closeRecords,
        sweepPeriod);
  }

  /**
   * With other numbers of threads.
   *
   * @param loops event loops
   * @param pool worker threads
   * @return a copy
   */
  public TransportOptions withThreads(int loops, int pool) {
    return new TransportOptions(
        loops,
        pool,
        inboundQueueLimit,
        inboundConnectionLimit,
        outboundQueueLimit,
        requestTimeout,
        allocator,
        closeRecords,
        sweepPeriod);
  }

  /**
   * With buffers from elsewhere.
   *
   * @param other where they come from
   * @return a copy
   */
  public TransportOptions withAllocator(ByteBufAllocator other) {
    return new TransportOptions(
        eventLoops,
        workers,
        inboundQueueLimit,
        inboundConnectionLimit,
        outboundQueueLimit,
        requestTimeout,
        other,
        closeRecords,
        sweepPeriod);
  }

  /**
   * With another number of close records.
   *
   * @param records how many are kept; 0 for none
   * @return a copy
   */
  public TransportOptions withCloseRecords(int records) {
    return new TransportOptions(
        eventLoops,
        workers,
        inboundQueueLimit,
        inboundConnectionLimit,
        outboundQueueLimit,
        requestTimeout,
        allocator,
        records,
        sweepPeriod);
  }

  /**
   * With another period of looking at deadlines.
   *
   * @param period more than zero
   * @return a copy
   */
  public TransportOptions withSweepPeriod(Duration period) {
    return new TransportOptions(
        eventLoops,
        workers,
        inboundQueueLimit,
        inboundConnectionLimit,
        outboundQueueLimit,
        requestTimeout,
        allocator,
        closeRecords,
        period);
  }

  BridgeOptions bridge() {
    return new BridgeOptions(
        inboundQueueLimit,
        inboundConnectionLimit,
        outboundQueueLimit,
        requestTimeout,
        closeRecords);
  }
}
