// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class ChannelWireTest {

  /** Its socket takes no options any more. */
  private static final class Stubborn extends EmbeddedChannel {
    private final ChannelConfig stubborn =
        new DefaultChannelConfig(this) {
          @Override
          public <T> boolean setOption(ChannelOption<T> option, T value) {
            throw new IllegalStateException("as the test wants");
          }
        };

    private boolean made;

    Stubborn() {
      made = true;
    }

    @Override
    public ChannelConfig config() {
      return made ? stubborn : super.config();
    }
  }

  /** The bridge has done with the connection by then: nobody would close it later. */
  @Test
  void anAbortThatCanNotTellTheKernelToThrowAwayWhatItHasClosesAllTheSame() {
    Stubborn channel = new Stubborn();
    ChannelWire wire = new ChannelWire(channel, channel.eventLoop(), false);

    assertThatThrownBy(wire::abort).hasMessage("as the test wants");

    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void whatHasClosedAlreadyIsLeftAlone() {
    Stubborn channel = new Stubborn();
    ChannelWire wire = new ChannelWire(channel, channel.eventLoop(), false);
    channel.unsafe().closeForcibly();

    wire.abort();

    assertThat(channel.isOpen()).isFalse();
  }
}
