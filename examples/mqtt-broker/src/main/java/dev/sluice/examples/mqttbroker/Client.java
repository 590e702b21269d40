// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import dev.sluice.api.CloseReason;
import dev.sluice.examples.mqttbroker.MqttSettings.SlowSubscribers;
import dev.sluice.session.netty.SessionChannel;
import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import java.util.HashSet;
import java.util.Set;

/**
 * A client as others see it: somebody to whom messages are sent. {@link #post} and {@link
 * #takenOver} are for any thread, all else is in the session's order.
 */
final class Client {

  private static final int PACKET_IDS = 65_535;

  private final SessionChannel channel;
  private final MqttHandler handler;
  private final MqttSettings settings;
  private final boolean five;
  private final int receiveMaximum;
  private final long maxPacketSize;
  private final Outbox outbox;
  private final Set<Integer> inFlight = new HashSet<>(0);
  private int lastId;

  /**
   * A new one.
   *
   * @param five whether it speaks MQTT 5
   * @param receiveMaximum how many messages it takes before it acknowledges any
   * @param maxPacketSize the largest packet that it takes
   */
  Client(
      SessionChannel channel,
      MqttHandler handler,
      MqttSettings settings,
      boolean five,
      int receiveMaximum,
      long maxPacketSize) {
    this.channel = channel;
    this.handler = handler;
    this.settings = settings;
    this.five = five;
    this.receiveMaximum = receiveMaximum;
    this.maxPacketSize = maxPacketSize;
    this.outbox = new Outbox(settings.maxBacklog().bytes());
  }

  /** From any thread. */
  void post(Delivery delivery) {
    switch (outbox.post(delivery)) {
      case WAKE -> channel.context().execute(this::deliver);
      case NO_ROOM -> {
        if (settings.slowSubscribers() == SlowSubscribers.CLOSE) {
          outbox.close();
          channel.context().count("slow_subscriber");
          channel.writer().abort(channel.connId(), CloseReason.SLOW_CONSUMER);
        } else {
          channel.context().count("message_skipped");
        }
      }
      case WAITS, GONE -> {
        // Nothing to do.
      }
    }
  }

  /** From any thread: another connection has come with this one's name. */
  void takenOver() {
    outbox.close();
    channel
        .context()
        .execute(
            () -> handler.end(Disconnect.SESSION_TAKEN_OVER, CloseReason.of("session_taken_over")));
  }

  /** Sends what waits, as long as the client reads and acknowledges. */
  void deliver() {
    while (channel.isWritable()) {
      Delivery next = outbox.peek();
      if (next == null || (next.atLeastOnce() && inFlight.size() >= receiveMaximum)) {
        return;
      }
      outbox.remove();
      if (next.message().size() > maxPacketSize) {
        channel.context().count("message_too_large");
      } else if (!next.message().expired()) {
        channel.writeAndFlush(Packets.publish(next, next.atLeastOnce() ? nextId() : 0, five));
      }
    }
  }

  private int nextId() {
    do {
      lastId = lastId % PACKET_IDS + 1;
    } while (!inFlight.add(lastId));
    return lastId;
  }

  void acknowledged(int packetId) {
    inFlight.remove(packetId);
    deliver();
  }

  /** The connection is gone. */
  void close() {
    outbox.close();
  }
}
