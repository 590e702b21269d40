// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The last messages by id; the oldest makes room. For any thread: requests run side by side. */
final class MessageLog {

  /** A text, and who wrote it where that is known. */
  record Message(String text, Optional<String> author) {}

  private final Map<String, Message> messages;

  MessageLog(int capacity) {
    messages =
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Message> eldest) {
            return size() > capacity;
          }
        };
  }

  /** True: there was none of this id. */
  synchronized boolean put(String id, Message message) {
    return messages.put(id, message) == null;
  }

  synchronized Optional<Message> get(String id) {
    return Optional.ofNullable(messages.get(id));
  }

  synchronized boolean remove(String id) {
    return messages.remove(id) != null;
  }
}
