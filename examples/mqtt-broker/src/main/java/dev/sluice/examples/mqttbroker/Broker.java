// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption.RetainedHandlingPolicy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What all clients of one name share. For any thread; one lock, so that all who want a topic's
 * messages get them in one order. Nothing is written under it: messages are put into outboxes.
 */
final class Broker {

  private final Map<String, Client> clients = new HashMap<>();
  private final Map<Client, Set<String>> filters = new HashMap<>();
  private final SubscriptionTree tree = new SubscriptionTree();
  private final RetainedMessages retained = new RetainedMessages();

  /** Answers who had the name before, and has nothing any more; null: nobody. */
  synchronized @Nullable Client enter(String name, Client client) {
    Client before = clients.put(name, client);
    filters.put(client, new HashSet<>());
    if (before != null) {
      forget(before);
    }
    return before;
  }

  synchronized void leave(String name, Client client) {
    clients.remove(name, client);
    forget(client);
  }

  private void forget(Client client) {
    Set<String> all = filters.remove(client);
    if (all != null) {
      all.forEach(filter -> tree.remove(client, filter));
    }
  }

  /** Answers whether there was room for it; posts what was retained. */
  synchronized boolean subscribe(Client client, Subscription subscription, int most) {
    Set<String> all = filters.get(client);
    if (all == null || (all.size() >= most && !all.contains(subscription.filter()))) {
      return false;
    }
    all.add(subscription.filter());
    boolean added = tree.add(client, subscription);
    RetainedHandlingPolicy policy = subscription.retained();
    if (policy == RetainedHandlingPolicy.SEND_AT_SUBSCRIBE
        || (policy == RetainedHandlingPolicy.SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS && added)) {
      retained.match(
          subscription.filter(),
          message -> client.post(new Delivery(message, once(message, subscription), true)));
    }
    return true;
  }

  /** Whether it was there. */
  synchronized boolean unsubscribe(Client client, String filter) {
    Set<String> all = filters.get(client);
    return all != null && all.remove(filter) && tree.remove(client, filter);
  }

  /** Answers whether it was kept, where it was to be. */
  synchronized boolean publish(@Nullable Client from, Message message, MqttSettings settings) {
    // Who wants it by several filters gets it once, as the best of them says.
    Map<Client, Delivery> deliveries = new LinkedHashMap<>();
    tree.match(
        message.topic(),
        (client, subscription) -> {
          if (!subscription.noLocal() || client != from) {
            Delivery one =
                new Delivery(
                    message,
                    once(message, subscription),
                    message.retain() && subscription.retainAsPublished());
            deliveries.merge(client, one, Delivery::better);
          }
        });
    deliveries.forEach(Client::post);
    return !message.retain()
        || retained.keep(message, settings.maxRetained(), settings.maxRetainedSize().bytes());
  }

  private static boolean once(Message message, Subscription subscription) {
    return subscription.atLeastOnce() && message.qos() != MqttQoS.AT_MOST_ONCE;
  }

  /** Whether nobody is here, nor has left anything but retained messages. */
  synchronized boolean isEmpty() {
    return clients.isEmpty() && filters.isEmpty() && tree.isEmpty();
  }
}
