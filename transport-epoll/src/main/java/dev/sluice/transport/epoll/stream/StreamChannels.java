// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import dev.sluice.api.CloseReason;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.ConnectionOpener;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.StreamBridge;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * Joins the channels of an endpoint's streams to their bridges. {@link #accept} on the listener's
 * loop, {@link #connected} on the channel's own.
 */
public final class StreamChannels {

  private final ChannelSettings settings;
  private final Endpoint endpoint;
  private final @Nullable TlsContextRef tls;

  /**
   * TLS of a connection that this node has opened.
   *
   * @param handler begins the handshake as soon as it is added
   * @param watch hears what comes of the handshake before the connection does
   */
  public record ClientTls(SslHandler handler, ChannelHandler watch) {}

  /** Whoever has opened a channel: says how it is secured, and hears of its session. */
  public interface Opener extends ConnectionOpener {

    /**
     * The channel is a connection's now, and has no event to tell of yet. On the loop; what it
     * throws ends the connection.
     *
     * @param connection may be ended already
     * @return null for plaintext
     */
    @Nullable ClientTls joined(StreamBridge connection);

    /**
     * The channel could not be set up as a connection. On the loop, before its end is told.
     *
     * @param cause whatever was thrown, also by {@link #joined}
     */
    void notSetUp(Throwable cause);
  }

  /**
   * For one endpoint.
   *
   * @param settings the node's
   * @param endpoint whose connections the channels become
   * @param tls for connections that are accepted; null without TLS
   */
  public StreamChannels(ChannelSettings settings, Endpoint endpoint, @Nullable TlsContextRef tls) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.tls = tls;
  }

  /**
   * Admits the channel and hands it to a loop of its own, or closes it.
   *
   * @param channel not registered
   */
  public void accept(Channel channel) {
    Admission.@Nullable Place place = endpoint.admit(channel.remoteAddress());
    if (place == null) {
      channel.unsafe().closeForcibly();
      return;
    }
    StreamBridge bridge;
    try {
      bridge = join(channel, place);
    } catch (Throwable failed) {
      // Whatever it is, as where there is no descriptor left to load a class with.
      place.release();
      endpoint.metrics().error(EndpointMetrics.Errors.REGISTER);
      channel.unsafe().closeForcibly();
      return;
    }
    EventLoop loop = (EventLoop) bridge.loop();
    loop.register(channel)
        .addListener(
            registered -> {
              if (registered.isSuccess()) {
                bridge.registered();
              } else {
                abandon(bridge, channel, "not registered", registered.cause());
              }
            });
  }

  private StreamBridge join(Channel channel, Admission.Place place) {
    EventLoop loop = settings.nextLoop();
    ChannelWire wire = new ChannelWire(channel, loop, tls != null);
    StreamBridge bridge = endpoint.accepted(place, loop, allocator(), wire);
    wire.connect(bridge);
    configure(channel, tls != null);
    addHandlers(channel.pipeline(), wire);
    channel.closeFuture().addListener(wire);
    // From here on others may close it, also before it is registered.
    bridge.begin();
    return bridge;
  }

  /** It could not be registered, or set up: no event will tell of its end. */
  private static void abandon(
      StreamBridge bridge, Channel channel, String what, @Nullable Throwable cause) {
    if (!bridge.closeRequested()) {
      bridge.endpoint().metrics().error(EndpointMetrics.Errors.REGISTER);
      bridge.debug(what, cause);
    }
    bridge.failed(Ending.of(CloseReason.INTERNAL_ERROR, Ending.describe(what, cause)), false);
    try {
      channel.unsafe().closeForcibly();
    } finally {
      bridge.wireGone();
    }
  }

  /**
   * Takes over a channel that this node has connected, with its place, which is given back also
   * where this throws.
   *
   * @param channel connected
   * @param place reserved at the endpoint
   * @param served what the connection is served by, and its limits
   * @param opener secures it, and hears of its session
   */
  public void connected(
      Channel channel, Admission.Place place, EndpointOptions served, Opener opener) {
    EventLoop loop = channel.eventLoop();
    ChannelWire wire;
    StreamBridge bridge;
    try {
      wire = new ChannelWire(channel, loop, served.secure());
      bridge = endpoint.opened(served, opener, place, loop, allocator(), wire);
      wire.connect(bridge);
    } catch (Throwable failed) {
      place.release();
      channel.unsafe().closeForcibly();
      throw failed;
    }
    bridge.begin();
    bridge.registered();
    channel.closeFuture().addListener(wire);
    try {
      channel.pipeline().addLast(ChannelWire.NAME, wire);
      ClientTls secured = opener.joined(bridge);
      if (secured != null) {
        // TLS last: it begins when it is added, and what comes of it has to be heard.
        channel
            .pipeline()
            .addBefore(ChannelWire.NAME, "edge", new SocketEdge(wire))
            .addBefore(ChannelWire.NAME, "handshake", secured.watch())
            .addAfter("edge", "tls", secured.handler());
      }
    } catch (Throwable failed) {
      // Whatever it is, as where there is no descriptor left to load a class with.
      try {
        opener.notSetUp(failed);
      } finally {
        abandon(bridge, channel, "not set up", failed);
      }
      throw failed;
    }
  }

  /**
   * Sets what the kernel and Netty are to know of a channel, before it is registered.
   *
   * @param channel any endpoint's
   * @param secure whether there will be TLS
   */
  public void configure(Channel channel, boolean secure) {
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    channel.config().setAllocator(allocator());
    channel.config().setRecvByteBufAllocator(settings.reads());
    // Under TLS nobody would tell SslHandler of an end of stream without close_notify.
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, !secure);
  }

  private void addHandlers(ChannelPipeline pipeline, ChannelWire wire) {
    if (tls != null) {
      pipeline.addLast("edge", new SocketEdge(wire));
      pipeline.addLast(
          "hello", new ClientHelloInspector(wire, tls, endpoint.options().protocols().alpn()));
    }
    pipeline.addLast(ChannelWire.NAME, wire);
  }

  private ByteBufAllocator allocator() {
    return settings.allocator();
  }
}
