// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import dev.sluice.examples.redis.RedisSettings.SlowSubscribers;
import java.util.LinkedHashSet;
import java.util.Set;

/** What the node knows of a client. In its session's order, but for {@link #post}. */
final class Client {

  private final ConnId id;
  private final SessionWriter writer;
  private final RedisSettings settings;
  private final Store store;
  private final Runnable wake;
  private final Mailbox mailbox;
  private final Output output;
  private final Reply reply;
  private final Set<Bytes> channels = new LinkedHashSet<>(0);
  private final Set<Bytes> patterns = new LinkedHashSet<>(0);
  private String name = "";
  private boolean leaving;

  /**
   * A new one.
   *
   * @param wake run in the session's order when there are messages
   */
  Client(ConnId id, SessionWriter writer, RedisSettings settings, Store store, Runnable wake) {
    this.id = id;
    this.writer = writer;
    this.settings = settings;
    this.store = store;
    this.wake = wake;
    this.mailbox = new Mailbox(settings.maxBacklog().bytes());
    this.output = new Output(id, writer);
    this.reply = new Reply(output, settings.maxReply().bytes());
    store.clients().incrementAndGet();
  }

  long number() {
    return id.value();
  }

  Store store() {
    return store;
  }

  Output output() {
    return output;
  }

  Reply reply() {
    return reply;
  }

  long maxMemory() {
    return settings.maxMemory().bytes();
  }

  long maxBulkLength() {
    return settings.maxBulkLength().bytes();
  }

  String name() {
    return name;
  }

  void name(String given) {
    name = given;
  }

  /** Whether the connection ends once all is sent. */
  boolean leaving() {
    return leaving;
  }

  void leave() {
    leaving = true;
  }

  int subscriptions() {
    return channels.size() + patterns.size();
  }

  /** In version 2 a client that listens can't be answered anything else. */
  boolean onlyListens() {
    return reply.version() == 2 && subscriptions() > 0;
  }

  Set<Bytes> subscribed(boolean pattern) {
    return pattern ? patterns : channels;
  }

  void subscribe(Bytes to, boolean pattern) {
    Set<Bytes> subscribed = subscribed(pattern);
    if (!subscribed.contains(to)) {
      if (subscriptions() >= settings.maxSubscriptions()) {
        throw new CommandException("ERR too many subscriptions (max_subscriptions)");
      }
      subscribed.add(to);
      store.topics().subscribe(this, to, pattern);
    }
  }

  void unsubscribe(Bytes from, boolean pattern) {
    if (subscribed(pattern).remove(from)) {
      store.topics().unsubscribe(this, from, pattern);
    }
  }

  void unsubscribeAll() {
    channels.forEach(channel -> store.topics().unsubscribe(this, channel, false));
    patterns.forEach(pattern -> store.topics().unsubscribe(this, pattern, true));
    channels.clear();
    patterns.clear();
  }

  /** From any thread: a message for this client; whether it gets it. */
  boolean post(Message message) {
    switch (mailbox.post(message)) {
      case WAKE -> {
        return writer.context(id).execute(wake);
      }
      case WAITS -> {
        return true;
      }
      case NO_ROOM -> {
        if (settings.slowSubscribers() == SlowSubscribers.CLOSE) {
          mailbox.close();
          writer.context(id).count("slow_subscriber");
          writer.abort(id, CloseReason.SLOW_CONSUMER);
        } else {
          writer.context(id).count("message_skipped");
        }
        return false;
      }
      case GONE -> {
        return false;
      }
    }
    return false;
  }

  /** Puts messages behind the answers, as long as the client reads. */
  void takeMessages() {
    while (!output.blocked()) {
      Message message = mailbox.take();
      if (message == null) {
        return;
      }
      // It may have been on its way when the client said that it wants no more.
      Bytes by = message.pattern();
      if (by == null ? channels.contains(message.channel()) : patterns.contains(by)) {
        message.write(reply);
      }
    }
  }

  /** The connection is gone. */
  void end() {
    unsubscribeAll();
    mailbox.close();
    output.release();
    store.clients().decrementAndGet();
  }
}
