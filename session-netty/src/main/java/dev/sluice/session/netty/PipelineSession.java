// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import java.time.Duration;

/**
 * A session whose protocol is a Netty pipeline: its events become those of a {@link
 * SessionChannel}. {@link PipelineProtocol} is the short way to it; this is for a protocol that
 * decides connection by connection, capped ones for instance.
 *
 * <p>For protocols on {@link Execution#EVENT_LOOP} only.
 */
public final class PipelineSession implements Session {

  private final HostedChannel channel;
  private final boolean takesReplies;

  private PipelineSession(HostedChannel channel, boolean takesReplies) {
    this.channel = channel;
    this.takesReplies = takesReplies;
  }

  /**
   * Makes the channel of a connection, and starts it.
   *
   * @param id the connection
   * @param writer its way back
   * @param filler adds the handlers
   * @return the session to answer {@code create} with
   * @throws IllegalStateException if the filler fails, with its failure as the cause
   */
  public static PipelineSession start(ConnId id, SessionWriter writer, ChannelFiller filler) {
    return start(id, writer, filler, true);
  }

  /**
   * As {@link #start}, for a protocol whose bytes have an order that bytes from elsewhere would
   * break: {@link #sendData} is refused.
   *
   * @param id the connection
   * @param writer its way back
   * @param filler adds the handlers
   * @return the session to answer {@code create} with
   * @throws IllegalStateException if the filler fails, with its failure as the cause
   */
  public static PipelineSession startWithoutReplies(
      ConnId id, SessionWriter writer, ChannelFiller filler) {
    return start(id, writer, filler, false);
  }

  private static PipelineSession start(
      ConnId id, SessionWriter writer, ChannelFiller filler, boolean takesReplies) {
    HostedChannel channel = new HostedChannel(id, writer);
    try {
      filler.fill(channel);
    } catch (Exception e) {
      channel.ended();
      throw new IllegalStateException("the pipeline could not be filled: " + e.getMessage(), e);
    }
    channel.started();
    return new PipelineSession(channel, takesReplies);
  }

  /**
   * The pipeline's channel.
   *
   * @return the same for the session's life
   */
  public SessionChannel channel() {
    return channel;
  }

  @Override
  public void handleIncomingData(ByteBuf data) {
    channel.read(data);
  }

  @Override
  public void incomingComplete() {
    channel.readComplete();
  }

  /** Past the handlers: the bytes are the protocol's own already. */
  @Override
  public boolean sendData(ByteBuf data) {
    return takesReplies && channel.writer().writeOutbound(channel.connId(), data.retain());
  }

  @Override
  public void closeSession() {
    channel.pipeline().fireUserEventTriggered(new NodeRequest.Close());
  }

  @Override
  public void drainRequested(Duration deadline) {
    channel.pipeline().fireUserEventTriggered(new NodeRequest.Drain(deadline));
  }

  @Override
  public void inputClosed() {
    channel.inputClosed();
  }

  @Override
  public void writabilityChanged(boolean writable) {
    channel.pipeline().fireChannelWritabilityChanged();
  }

  @Override
  public void connectionClosed(CloseReason reason) {
    channel.ended();
  }
}
