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

  private static final ToldFailures TOLD = new ToldFailures();

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
    tell(cause);
    hosted.context().count(FAILED);
    hosted.closeFor(CloseReason.PROTOCOL_ERROR);
  }

  private void tell(Throwable cause) {
    try {
      if (TOLD.isNews(hosted.context().interfaceName(), cause)) {
        LOG.warn(
            "{}: a handler has failed and its connection {} is closed; more of this kind are counted"
                + " ({}) and not told",
            hosted.context().interfaceName(),
            hosted.context().id(),
            FAILED,
            cause);
      } else {
        LOG.debug("{}: no handler took", hosted, cause);
      }
    } catch (RuntimeException failedItself) {
      // A handler's exception may do anything when it is asked for its words.
      LOG.debug("{}: no handler took a {}", hosted, cause.getClass());
    }
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
