// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import dev.sluice.api.CloseReason;
import io.netty.channel.DefaultChannelPipeline;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pipeline whose ends are the session's: what no handler takes is the node's affair, never a line
 * in the log for each peer that breaks a protocol. Counts the bytes that handlers inside keep
 * waiting, which the node does not see.
 */
final class HostedPipeline extends DefaultChannelPipeline {

  private static final Logger LOG = LoggerFactory.getLogger(HostedPipeline.class);

  private static final String FAILED = "pipeline";

  private final HostedChannel hosted;

  // Loop only.
  private long waiting;

  // Written on the loop; read by any thread that asks whether the channel is writable.
  private volatile boolean overMark;

  HostedPipeline(HostedChannel hosted) {
    super(hosted);
    this.hosted = hosted;
  }

  boolean belowMark() {
    return !overMark;
  }

  @Override
  protected void onUnhandledInboundException(Throwable cause) {
    LOG.debug("{}: no handler took", hosted, cause);
    hosted.context().count(FAILED);
    hosted.closeFor(CloseReason.PROTOCOL_ERROR);
  }

  @Override
  protected void onUnhandledInboundUserEventTriggered(Object event) {
    if (event instanceof NodeRequest) {
      hosted.close();
    } else {
      super.onUnhandledInboundUserEventTriggered(event);
    }
  }

  @Override
  protected void incrementPendingOutboundBytes(long size) {
    waiting += size;
    if (!overMark && waiting > hosted.config().getWriteBufferHighWaterMark()) {
      overMark = true;
      fireChannelWritabilityChanged();
    }
  }

  @Override
  protected void decrementPendingOutboundBytes(long size) {
    waiting -= size;
    if (overMark && waiting < hosted.config().getWriteBufferLowWaterMark()) {
      overMark = false;
      fireChannelWritabilityChanged();
    }
  }
}
