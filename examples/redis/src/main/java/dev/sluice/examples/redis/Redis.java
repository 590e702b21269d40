// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import com.google.auto.service.AutoService;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.NodeContext;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBufUtil;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The protocol {@code REDIS}: versions 2 and 3 of RESP, on a store in memory. */
@AutoService(CustomProtocolSubsystem.class)
public final class Redis implements CustomProtocolSubsystem {

  private static final int SWEEP_MILLIS = 100;

  /** By the name that settings give. They stay as long as the node runs. */
  private final Map<String, Store> stores = new ConcurrentHashMap<>();

  private @Nullable ScheduledExecutorService sweeper;

  @Override
  public String name() {
    return "REDIS";
  }

  /** Commands are short, and the lock of a store is held for one at a time. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(RedisSettings.class);
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    RedisSettings settings = writer.context(id).settings(RedisSettings.class);
    return new RedisSession(id, writer, settings, store(settings.store()));
  }

  @Override
  public Session createCapped(ConnId id, SessionWriter writer) {
    writer.writeOutbound(
        id,
        ByteBufUtil.writeAscii(
            writer.context(id).allocator(), "-ERR max number of clients reached\r\n"));
    return CustomProtocolSubsystem.super.createCapped(id, writer);
  }

  Store store(String name) {
    return stores.computeIfAbsent(name, unused -> new Store(System::currentTimeMillis));
  }

  @Override
  public void start(NodeContext context) {
    ScheduledExecutorService started =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "redis-sweep");
              thread.setDaemon(true);
              return thread;
            });
    started.scheduleWithFixedDelay(
        () -> stores.values().forEach(Store::sweep),
        SWEEP_MILLIS,
        SWEEP_MILLIS,
        TimeUnit.MILLISECONDS);
    sweeper = started;
  }

  @Override
  public void stop() {
    if (sweeper != null) {
      sweeper.shutdownNow();
    }
  }
}
