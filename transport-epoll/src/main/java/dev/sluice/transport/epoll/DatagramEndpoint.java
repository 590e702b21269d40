// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One socket and the peers that it knows. An interface has one; on a wildcard address one more for
 * each address that was written to, see {@link DatagramServer}. On the loop.
 */
final class DatagramEndpoint extends ChannelInboundHandlerAdapter {

  private final DatagramServer server;
  private final EpollDatagramChannel channel;
  private final EventLoop loop;
  private final boolean wildcard;
  private final InetSocketAddress local;
  private final DatagramOutput output;
  private final ReadPass pass;
  private final ReceiveBuffer received;
  private final int maxSize;
  private final InterfaceMetrics metrics;
  private final Map<InetSocketAddress, DatagramPeer> peers = new HashMap<>();
  private boolean flushScheduled;

  /**
   * @param channel bound
   */
  DatagramEndpoint(DatagramServer server, EpollDatagramChannel channel, EventLoop loop) {
    this.server = server;
    this.channel = channel;
    this.loop = loop;
    this.local = Objects.requireNonNull(channel.localAddress());
    this.wildcard = local.getAddress().isAnyLocalAddress();
    this.pass = server.pass();
    this.received = server.received();
    this.maxSize = server.datagrams().maxSize();
    this.metrics = server.bridge().metrics();
    this.output =
        new DatagramOutput(
            channel, loop, server.transport().outboundBudget(), server.bridge().limits(), metrics);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    DatagramPacket packet = (DatagramPacket) message;
    pass.begin();
    try {
      if (packet.content().readableBytes() > maxSize) {
        metrics.error(InterfaceMetrics.Errors.DATAGRAM_TOO_LARGE);
      } else {
        DatagramEndpoint addressed = wildcard ? server.endpoint(this, packet.recipient()) : this;
        addressed.receive(packet.sender(), packet.content());
      }
    } finally {
      packet.release();
    }
  }

  private void receive(InetSocketAddress sender, ByteBuf content) {
    DatagramPeer peer = peers.get(sender);
    if (peer != null && peer.closeRequested()) {
      // Another thread has asked for the close and its word may be on the way: what comes behind
      // it belongs to a new session.
      peer.catchUp();
      peer = peers.get(sender);
    }
    if (peer == null) {
      peer = admit(sender);
      if (peer == null) {
        return;
      }
    }
    pass.count(content.readableBytes());
    if (received.copying()) {
      ByteBuf copy = channel.alloc().buffer(content.readableBytes()).writeBytes(content);
      try {
        peer.receive(copy);
      } finally {
        copy.release();
      }
    } else {
      peer.receive(content);
    }
  }

  private @Nullable DatagramPeer admit(InetSocketAddress sender) {
    if (server.closing()) {
      return null;
    }
    if (sender.equals(local())) {
      // Forged: an echo would answer itself for ever.
      metrics.error(InterfaceMetrics.Errors.FROM_OWN_ADDRESS);
      return null;
    }
    InboundAdmission.@Nullable Place place = server.bridge().admit(sender);
    if (place == null) {
      return null;
    }
    DatagramPeer peer =
        new DatagramPeer(this, server.transport().nextInboundId(), sender, loop, place);
    peers.put(sender, peer);
    server.opened(peer);
    return peer;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    pass.complete();
  }

  /** Receiving failed, or a datagram could not be read; the socket goes on. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    metrics.error(InterfaceMetrics.Errors.RECEIVE);
    server.debug("receiving failed", cause);
  }

  /** Nothing can be sent or received any more. */
  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    everyPeer().forEach(DatagramPeer::socketGone);
    output.discard();
  }

  private List<DatagramPeer> everyPeer() {
    return new ArrayList<>(peers.values());
  }

  /** The peer's next datagram begins a new session. */
  void forget(DatagramPeer peer) {
    peers.remove(peer.remoteAddress(), peer);
  }

  /** For writes outside of a session's call: one flush for all of this turn. */
  void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      loop.execute(this::flush);
    }
  }

  void flush() {
    flushScheduled = false;
    if (!pass.open()) {
      output.flush();
    }
  }

  DatagramOutput output() {
    return output;
  }

  DatagramServer server() {
    return server;
  }

  Channel channel() {
    return channel;
  }

  ReadPass pass() {
    return pass;
  }

  InetSocketAddress local() {
    return local;
  }
}
