// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;

/**
 * What a client wants.
 *
 * @param filter of the topics
 * @param atLeastOnce with QoS 1; 2 is granted as 1
 * @param noLocal nothing that the client says itself
 * @param retainAsPublished with the flag as it was sent
 * @param retained what of the retained messages
 */
record Subscription(
    String filter,
    boolean atLeastOnce,
    boolean noLocal,
    boolean retainAsPublished,
    MqttSubscriptionOption.RetainedHandlingPolicy retained) {

  static Subscription of(MqttTopicSubscription asked) {
    MqttSubscriptionOption option = asked.option();
    return new Subscription(
        asked.topicFilter(),
        option.qos() != MqttQoS.AT_MOST_ONCE,
        option.isNoLocal(),
        option.isRetainAsPublished(),
        option.retainHandling());
  }

  int granted() {
    return atLeastOnce ? 1 : 0;
  }
}
