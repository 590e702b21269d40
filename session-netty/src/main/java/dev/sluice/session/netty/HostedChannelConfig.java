// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Netty's defaults, the connection's allocator, reads that the node pauses, half-closure. */
final class HostedChannelConfig extends DefaultChannelConfig {

  private final HostedChannel hosted;

  // May be set from any thread, is read on the loop.
  private volatile boolean allowHalfClosure;

  HostedChannelConfig(HostedChannel hosted, ByteBufAllocator allocator) {
    super(hosted);
    this.hosted = hosted;
    setAllocator(allocator);
  }

  boolean isAllowHalfClosure() {
    return allowHalfClosure;
  }

  @Override
  public Map<ChannelOption<?>, Object> getOptions() {
    return getOptions(super.getOptions(), ChannelOption.ALLOW_HALF_CLOSURE);
  }

  @Override
  @SuppressWarnings("unchecked") // the option says what type its value has
  public <T> @Nullable T getOption(ChannelOption<T> option) {
    return option.equals(ChannelOption.ALLOW_HALF_CLOSURE)
        ? (T) Boolean.valueOf(allowHalfClosure)
        : super.getOption(option);
  }

  @Override
  public <T> boolean setOption(ChannelOption<T> option, T value) {
    if (option.equals(ChannelOption.ALLOW_HALF_CLOSURE)) {
      allowHalfClosure = (Boolean) value;
      return true;
    }
    return super.setOption(option, value);
  }

  @Override
  protected void autoReadCleared() {
    hosted.autoReadCleared();
  }
}
