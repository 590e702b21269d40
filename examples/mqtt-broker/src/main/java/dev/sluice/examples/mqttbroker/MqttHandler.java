// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import dev.sluice.api.CloseReason;
import dev.sluice.session.netty.NodeRequest;
import dev.sluice.session.netty.SessionChannel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttIdentifierRejectedException;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import io.netty.handler.codec.mqtt.MqttReasonCodes.SubAck;
import io.netty.handler.codec.mqtt.MqttReasonCodes.UnsubAck;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnacceptableProtocolVersionException;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One connection: what its client says, and what it is answered. On its event loop. */
final class MqttHandler extends SimpleChannelInboundHandler<MqttMessage> {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final CloseReason NOT_CONNECTED = CloseReason.of("connect_timeout");
  private static final CloseReason SILENT = CloseReason.of("keep_alive_timeout");

  /** The keep-alive is looked at so often in the time that it allows. */
  private static final int LOOKS = 8;

  private final SessionChannel channel;
  private final MqttSettings settings;
  private final Broker broker;
  private final Set<Integer> received = new HashSet<>(0);

  private @Nullable Client client;
  private String name = "";
  private boolean five;
  private @Nullable Message will;
  private Duration look = CONNECT_TIMEOUT;
  private boolean heard;
  private int silentLooks;
  private boolean ended;

  MqttHandler(SessionChannel channel, MqttSettings settings, Broker broker) {
    this.channel = channel;
    this.settings = settings;
    this.broker = broker;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    channel
        .context()
        .schedule(
            CONNECT_TIMEOUT,
            () -> {
              if (client == null) {
                end(null, NOT_CONNECTED);
              }
            });
    ctx.fireChannelActive();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, MqttMessage packet) {
    if (ended) {
      return;
    }
    heard = true;
    Client known = client;
    if (packet.decoderResult().isFailure()) {
      malformed(packet.decoderResult().cause());
    } else if (known != null) {
      handle(known, packet);
    } else if (packet instanceof MqttConnectMessage connect) {
      connect(connect);
    } else {
      end(null, CloseReason.PROTOCOL_ERROR);
    }
  }

  private void malformed(Throwable cause) {
    channel.context().count("malformed");
    if (client == null && cause instanceof MqttUnacceptableProtocolVersionException) {
      refuse(MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION);
    } else if (client == null && cause instanceof MqttIdentifierRejectedException) {
      refuse(MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED);
    } else {
      boolean large = cause instanceof TooLongFrameException;
      end(
          large ? Disconnect.PACKET_TOO_LARGE : Disconnect.MALFORMED_PACKET,
          CloseReason.PROTOCOL_ERROR);
    }
  }

  private void handle(Client known, MqttMessage packet) {
    switch (packet.fixedHeader().messageType()) {
      case PUBLISH -> publish(known, (MqttPublishMessage) packet);
      case PUBACK -> known.acknowledged(id(packet));
      case PUBREL -> {
        received.remove(id(packet));
        channel.write(Packets.reply(MqttMessageType.PUBCOMP, id(packet)));
      }
      case SUBSCRIBE -> subscribe(known, (MqttSubscribeMessage) packet);
      case UNSUBSCRIBE -> unsubscribe(known, (MqttUnsubscribeMessage) packet);
      case PINGREQ -> channel.write(MqttMessage.PINGRESP);
      case DISCONNECT -> {
        if (!wantsItsWill(packet)) {
          will = null;
        }
        end(null, CloseReason.SESSION_CLOSED);
      }
      default -> wrong(Disconnect.PROTOCOL_ERROR);
    }
  }

  private static int id(MqttMessage packet) {
    return ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId();
  }

  private static boolean wantsItsWill(MqttMessage packet) {
    return packet.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader header
        && header.reasonCode() == Disconnect.DISCONNECT_WITH_WILL_MESSAGE.byteValue();
  }

  // ---- the connection

  private void connect(MqttConnectMessage packet) {
    ConnectRequest request = new ConnectRequest(packet, settings);
    five = request.five();
    MqttConnectReturnCode refused = request.refusal();
    if (refused != null) {
      refuse(refused);
      return;
    }
    // A name that no client chooses itself: ids of connections are unique in a node.
    name = request.name().isEmpty() ? "sluice-" + channel.connId().value() : request.name();
    will = request.will();
    Client entering =
        new Client(
            channel, this, settings, five, request.receiveMaximum(), request.maxPacketSize());
    client = entering;
    Client before = broker.enter(name, entering);
    if (before != null) {
      before.takenOver();
    }
    channel.writeAndFlush(request.acceptance(name));
    watch(request.keepAlive());
  }

  private void refuse(MqttConnectReturnCode code) {
    channel.context().count("refused");
    channel.writeAndFlush(Packets.refusal(code));
    end(null, CloseReason.of("connect_refused"));
  }

  // ---- the keep-alive

  /** One and a half times as long may nothing come (MQTT 5, section 3.1.2.10). */
  private void watch(long keepAlive) {
    Duration silence = Duration.ofMillis(keepAlive * 1500);
    look = silence.dividedBy(LOOKS);
    // The node counts what is sent too, and would end who is merely told nothing.
    channel.context().idleTimeout(silence.multipliedBy(2));
    channel.context().schedule(look, this::lookAtSilence);
  }

  private void lookAtSilence() {
    silentLooks = heard ? 0 : silentLooks + 1;
    heard = false;
    if (silentLooks >= LOOKS) {
      end(Disconnect.KEEP_ALIVE_TIMEOUT, SILENT);
    } else {
      channel.context().schedule(look, this::lookAtSilence);
    }
  }

  // ---- messages

  private void publish(Client known, MqttPublishMessage packet) {
    MqttProperties properties = packet.variableHeader().properties();
    if (properties.getProperty(MqttProperties.TOPIC_ALIAS) != null) {
      wrong(Disconnect.TOPIC_ALIAS_INVALID);
      return;
    }
    if (!Topics.validName(packet.variableHeader().topicName())) {
      wrong(Disconnect.TOPIC_NAME_INVALID);
      return;
    }
    int packetId = packet.variableHeader().packetId();
    switch (packet.fixedHeader().qosLevel()) {
      case AT_MOST_ONCE -> pass(known, packet);
      case AT_LEAST_ONCE -> {
        pass(known, packet);
        channel.write(Packets.reply(MqttMessageType.PUBACK, packetId));
      }
      default -> {
        if (!received.contains(packetId)) {
          if (received.size() >= settings.maxInFlight()) {
            wrong(Disconnect.RECEIVE_MAXIMUM_EXCEEDED);
            return;
          }
          received.add(packetId);
          pass(known, packet);
        }
        channel.write(Packets.reply(MqttMessageType.PUBREC, packetId));
      }
    }
  }

  private void pass(Client known, MqttPublishMessage packet) {
    if (!broker.publish(known, Message.of(packet), settings)) {
      channel.context().count("not_retained");
    }
  }

  private void subscribe(Client known, MqttSubscribeMessage packet) {
    if (packet
            .idAndPropertiesVariableHeader()
            .properties()
            .getProperty(MqttProperties.SUBSCRIPTION_IDENTIFIER)
        != null) {
      wrong(Disconnect.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED);
      return;
    }
    List<MqttTopicSubscription> all = packet.payload().topicSubscriptions();
    if (all.size() > settings.maxSubscriptions()) {
      wrong(Disconnect.QUOTA_EXCEEDED);
      return;
    }
    List<Integer> codes = new ArrayList<>();
    for (MqttTopicSubscription asked : all) {
      codes.add(subscribe(known, asked));
    }
    // What was retained goes behind this, in a turn of its own.
    channel.write(Packets.subAck(packet.variableHeader().messageId(), codes));
  }

  private int subscribe(Client known, MqttTopicSubscription asked) {
    SubAck refused;
    if (asked.topicFilter().startsWith("$share/")) {
      refused = SubAck.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED;
    } else if (!Topics.validFilter(asked.topicFilter())) {
      refused = SubAck.TOPIC_FILTER_INVALID;
    } else {
      Subscription subscription = Subscription.of(asked);
      if (broker.subscribe(known, subscription, settings.maxSubscriptions())) {
        return subscription.granted();
      }
      refused = SubAck.QUOTA_EXCEEDED;
    }
    channel.context().count("subscription_refused");
    return (five ? refused : SubAck.UNSPECIFIED_ERROR).byteValue() & 0xff;
  }

  private void unsubscribe(Client known, MqttUnsubscribeMessage packet) {
    MqttMessageBuilders.UnsubAckBuilder answer =
        MqttMessageBuilders.unsubAck()
            .packetId(packet.variableHeader().messageId())
            .properties(MqttProperties.NO_PROPERTIES);
    for (String filter : packet.payload().topics()) {
      UnsubAck code =
          broker.unsubscribe(known, filter) ? UnsubAck.SUCCESS : UnsubAck.NO_SUBSCRIPTION_EXISTED;
      answer.addReasonCode(code.byteValue());
    }
    channel.write(answer.build());
  }

  // ---- endings

  private void wrong(Disconnect reason) {
    channel.context().count(reason.name().toLowerCase(Locale.ROOT));
    end(reason, CloseReason.PROTOCOL_ERROR);
  }

  /** Ends the connection behind what was written; a client of MQTT 5 is told why. */
  void end(@Nullable Disconnect reason, CloseReason closeReason) {
    if (!ended) {
      ended = true;
      if (five && client != null && reason != null) {
        channel.writeAndFlush(Packets.disconnect(reason));
      }
      channel.writer().closeSocket(channel.connId(), closeReason);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof NodeRequest) {
      end(Disconnect.SERVER_SHUTTING_DOWN, CloseReason.SESSION_CLOSED);
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  /** Who does not read is not read from, and its messages wait in its outbox. */
  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    boolean writable = channel.isWritable();
    channel.config().setAutoRead(writable);
    Client known = client;
    if (writable && known != null) {
      known.deliver();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ended = true;
    Client known = client;
    if (known != null) {
      known.close();
      broker.leave(name, known);
      Message last = will;
      if (last != null && !broker.publish(known, last, settings)) {
        channel.context().count("not_retained");
      }
    }
    ctx.fireChannelInactive();
  }
}
