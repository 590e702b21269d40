// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.loop;

import java.time.Duration;

/**
 * How one event loop does, at about one moment.
 *
 * @param name of its thread
 * @param connections registered with it, listeners not among them
 * @param pendingTasks tasks that wait for their turn
 * @param cpuTime what its thread has used up so far, zero where the JVM does not tell; its growth
 *     over the time between two questions is the share in which the loop was busy
 * @param late how long its regular sweep is overdue: about zero unless something keeps the loop,
 *     such as a session that blocks it
 * @param blocked how often it did not turn for a second
 */
public record LoopFigures(
    String name,
    int connections,
    int pendingTasks,
    Duration cpuTime,
    Duration late,
    long blocked) {}
