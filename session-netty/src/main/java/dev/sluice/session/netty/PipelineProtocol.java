// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;

/**
 * A protocol made of Netty handlers: name it and fill the pipeline.
 *
 * <pre>{@code
 * public final class Shout extends PipelineProtocol {
 *   public String name() {
 *     return "SHOUT";
 *   }
 *
 *   protected void initChannel(SessionChannel channel) {
 *     channel.pipeline().addLast(new LineBasedFrameDecoder(1024), new ShoutHandler());
 *   }
 * }
 * }</pre>
 *
 * <p>Handlers see a channel as behind an {@code SslHandler}: plaintext on both sides, whatever the
 * interface does. Sockets, TLS, caps, idle timeouts and drain stay the node's.
 */
public abstract class PipelineProtocol implements CustomProtocolSubsystem {

  /** For subclasses. */
  protected PipelineProtocol() {}

  /**
   * Adds the handlers of a new connection. On the connection's event loop, before the channel is
   * registered and active.
   *
   * @param channel a new one
   * @throws Exception costs this connection only
   */
  protected abstract void initChannel(SessionChannel channel) throws Exception;

  /**
   * {@inheritDoc}
   *
   * <p>Makes a channel, fills it by {@link #initChannel} and tells its handlers that it is
   * registered and active.
   */
  @Override
  public final Session create(ConnId id, SessionWriter writer) {
    return PipelineSession.start(id, writer, this::initChannel);
  }

  /** Netty's handlers run on the event loop and must not block it. */
  @Override
  public final Execution execution() {
    return Execution.EVENT_LOOP;
  }
}
