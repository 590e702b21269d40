// SPDX-License-Identifier: Apache-2.0

/**
 * The life of a connection between a transport and its session, written once for all transports:
 * order of calls, delivery, budgets, marks, deadlines, drain and endings.
 *
 * <p>A transport tells a {@link dev.sluice.session.bridge.StreamBridge} or a {@link
 * dev.sluice.session.bridge.DatagramBridge} what happens, and does what these ask of its {@link
 * dev.sluice.session.bridge.StreamWire} or {@link dev.sluice.session.bridge.DatagramWire}. Nothing
 * here does I/O, owns a thread or reads a clock: a loop is an executor that knows whether the
 * caller is on it, and has the time.
 */
@NullMarked
package dev.sluice.session.bridge;

import org.jspecify.annotations.NullMarked;
