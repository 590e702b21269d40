// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import com.google.auto.service.AutoService;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.session.netty.PipelineProtocol;
import dev.sluice.session.netty.SessionChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The protocol {@code MQTT}: versions 3.1.1 and 5. */
@AutoService(CustomProtocolSubsystem.class)
public final class MqttBroker extends PipelineProtocol {

  /** By the name that settings give. They stay as long as the node runs. */
  private final Map<String, Broker> brokers = new ConcurrentHashMap<>();

  @Override
  public String name() {
    return "MQTT";
  }

  /** As registered with IANA. */
  @Override
  public List<String> alpnProtocols() {
    return List.of("mqtt");
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(MqttSettings.class);
  }

  @Override
  protected void initChannel(SessionChannel channel) {
    MqttSettings settings = channel.context().settings(MqttSettings.class);
    channel
        .pipeline()
        .addLast(
            new MqttDecoder(
                settings.maxPacketSize().toIntSaturated(), settings.maxClientIdLength()),
            MqttEncoder.INSTANCE,
            new MqttHandler(channel, settings, broker(settings.broker())));
  }

  Broker broker(String name) {
    return brokers.computeIfAbsent(name, unused -> new Broker());
  }
}
