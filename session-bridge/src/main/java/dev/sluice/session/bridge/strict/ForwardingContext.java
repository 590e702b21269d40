// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge.strict;

import dev.sluice.api.ConnId;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.RpcMap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;

/** Answers what another context answers, and passes on what it is asked for. Any thread. */
public abstract class ForwardingContext implements SessionContext {

  /** Whom everything is passed on to. */
  protected final SessionContext context;

  /**
   * A context of the same connection.
   *
   * @param context the engine's
   */
  protected ForwardingContext(SessionContext context) {
    this.context = context;
  }

  @Override
  public boolean execute(Runnable task) {
    return context.execute(task);
  }

  @Override
  public ScheduledTask schedule(Duration delay, Runnable task) {
    return context.schedule(delay, task);
  }

  @Override
  public long nanoTime() {
    return context.nanoTime();
  }

  @Override
  public void note(String text) {
    context.note(text);
  }

  @Override
  public ConnId id() {
    return context.id();
  }

  @Override
  public String interfaceName() {
    return context.interfaceName();
  }

  @Override
  public Transport transport() {
    return context.transport();
  }

  @Override
  public SocketAddress localAddress() {
    return context.localAddress();
  }

  @Override
  public SocketAddress remoteAddress() {
    return context.remoteAddress();
  }

  @Override
  public Optional<TlsInfo> tls() {
    return context.tls();
  }

  @Override
  public boolean secure() {
    return context.secure();
  }

  @Override
  public <T extends Record> T settings(Class<T> type) {
    return context.settings(type);
  }

  @Override
  public RpcMap rpc() {
    return context.rpc();
  }

  @Override
  public OutboundConnector outbound() {
    return context.outbound();
  }

  @Override
  public ByteBufAllocator allocator() {
    return context.allocator();
  }

  @Override
  public EventExecutor executor() {
    return context.executor();
  }

  @Override
  public void busy(boolean busy) {
    context.busy(busy);
  }

  @Override
  public void mayBeSilent(Duration silence) {
    context.mayBeSilent(silence);
  }

  @Override
  public Duration drainIdleGrace() {
    return context.drainIdleGrace();
  }

  @Override
  public Duration idleTimeout() {
    return context.idleTimeout();
  }

  @Override
  public boolean heldByNode() {
    return context.heldByNode();
  }

  @Override
  public void idleTimeout(Duration timeout) {
    context.idleTimeout(timeout);
  }

  @Override
  public long inboundQueueLimit() {
    return context.inboundQueueLimit();
  }

  @Override
  public long outboundQueueLimit() {
    return context.outboundQueueLimit();
  }

  @Override
  public void peerVerified() {
    context.peerVerified();
  }

  @Override
  public void count(String counter) {
    context.count(counter);
  }
}
