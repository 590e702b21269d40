// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import io.netty.channel.AbstractServerChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Stands for the listener that accepted a hosted channel. Netty's handlers see by a parent of this
 * kind that they serve, {@code Http2MultiplexHandler} for one. It does nothing: listeners are the
 * node's.
 */
final class HostedParent extends AbstractServerChannel {

  static final HostedParent INSTANCE = new HostedParent();

  private final ChannelConfig config = new DefaultChannelConfig(this);

  private HostedParent() {}

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return false;
  }

  @Override
  protected @Nullable SocketAddress localAddress0() {
    return null;
  }

  @Override
  protected void doBind(SocketAddress localAddress) {
    throw new UnsupportedOperationException("listeners are the node's");
  }

  @Override
  protected void doClose() {}

  @Override
  protected void doBeginRead() {}

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isActive() {
    return true;
  }
}
