// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

/**
 * A message for one client.
 *
 * @param message what it is sent
 * @param atLeastOnce until it says that it has got it
 * @param retained as the packet's flag says
 */
record Delivery(Message message, boolean atLeastOnce, boolean retained) {

  Delivery better(Delivery other) {
    return new Delivery(message, atLeastOnce || other.atLeastOnce, retained || other.retained);
  }
}
