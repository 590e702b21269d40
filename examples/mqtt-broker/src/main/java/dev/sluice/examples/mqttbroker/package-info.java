// SPDX-License-Identifier: Apache-2.0
/** MQTT broker: a hosted pipeline whose connections write to one another. */
@NullMarked
package dev.sluice.examples.mqttbroker;

import org.jspecify.annotations.NullMarked;
