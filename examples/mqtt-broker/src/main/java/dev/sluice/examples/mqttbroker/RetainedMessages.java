// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The last message of each topic, where it was sent to be kept. Not for several threads. */
final class RetainedMessages {

  private final Map<String, Message> byTopic = new LinkedHashMap<>();
  private long size;

  /** Whether there was room. */
  boolean keep(Message message, int mostMessages, long mostBytes) {
    Message before = byTopic.remove(message.topic());
    if (before != null) {
      size -= before.size();
    }
    if (message.isEmpty()) {
      return true;
    }
    if (byTopic.size() >= mostMessages || size + message.size() > mostBytes) {
      removeExpired();
    }
    if (byTopic.size() >= mostMessages || size + message.size() > mostBytes) {
      return false;
    }
    byTopic.put(message.topic(), message);
    size += message.size();
    return true;
  }

  private void removeExpired() {
    byTopic
        .values()
        .removeIf(
            message -> {
              boolean expired = message.expired();
              size -= expired ? message.size() : 0;
              return expired;
            });
  }

  void match(String filter, Consumer<Message> found) {
    if (filter.indexOf('+') < 0 && filter.indexOf('#') < 0) {
      Message message = byTopic.get(filter);
      if (message != null) {
        found.accept(message);
      }
      return;
    }
    for (Message message : byTopic.values()) {
      if (Topics.matches(filter, message.topic())) {
        found.accept(message);
      }
    }
  }
}
