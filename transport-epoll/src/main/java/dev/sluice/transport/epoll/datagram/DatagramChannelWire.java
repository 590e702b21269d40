// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.datagram;

import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.DatagramBridge;
import dev.sluice.session.bridge.DatagramOutput;
import dev.sluice.session.bridge.DatagramPass;
import dev.sluice.session.bridge.DatagramWire;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointMetrics;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One socket as the wire of the peers that it knows. An interface has one; on a wildcard address
 * one more for each address that was written to, see {@link DatagramSockets}. On the loop.
 */
final class DatagramChannelWire extends ChannelInboundHandlerAdapter implements DatagramWire {

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(1);

  private final DatagramSockets sockets;
  private final Endpoint endpoint;
  private final EpollDatagramChannel channel;
  private final Socket socket;
  private final EventLoop loop;
  private final boolean wildcard;
  private final InetSocketAddress local;
  private final DatagramOutput output;
  private final DatagramPass pass;
  private final int maxSize;
  private final EndpointMetrics metrics;
  private final Map<InetSocketAddress, DatagramBridge> peers = new HashMap<>();

  /**
   * @param channel bound
   */
  DatagramChannelWire(DatagramSockets sockets, EpollDatagramChannel channel, EventLoop loop) {
    this.sockets = sockets;
    this.endpoint = sockets.endpoint();
    this.channel = channel;
    this.socket = (Socket) channel.fd();
    this.loop = loop;
    this.local = Objects.requireNonNull(channel.localAddress());
    this.wildcard = local.getAddress().isAnyLocalAddress();
    this.pass = sockets.pass();
    this.maxSize = sockets.datagrams().maxSize();
    this.metrics = endpoint.metrics();
    this.output = new DatagramOutput(endpoint, sockets.datagrams(), pass, this);
  }

  // ---- events

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    DatagramPacket packet = (DatagramPacket) message;
    pass.begin();
    try {
      if (packet.content().readableBytes() > maxSize) {
        metrics.error(EndpointMetrics.Errors.DATAGRAM_TOO_LARGE);
      } else {
        DatagramChannelWire addressed = wildcard ? sockets.wire(this, packet.recipient()) : this;
        addressed.receive(packet.sender(), packet.content());
      }
    } finally {
      packet.release();
    }
  }

  /** Whether it is what that socket carries. */
  boolean isOf(EpollDatagramChannel other) {
    return channel.equals(other);
  }

  private void receive(InetSocketAddress sender, ByteBuf content) {
    DatagramBridge peer = peers.get(sender);
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
    peer.received(content);
  }

  private @Nullable DatagramBridge admit(InetSocketAddress sender) {
    if (sockets.closing()) {
      return null;
    }
    if (sender.equals(local)) {
      // Forged: an echo would answer itself for ever.
      metrics.error(EndpointMetrics.Errors.FROM_OWN_ADDRESS);
      return null;
    }
    Admission.@Nullable Place place = endpoint.admit(sender);
    if (place == null) {
      return null;
    }
    DatagramBridge peer = endpoint.peer(place, output, sender);
    peers.put(sender, peer);
    sockets.opened();
    peer.begin();
    peer.registered();
    return peer;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    pass.complete();
  }

  /** Receiving failed, or a datagram could not be read; the socket goes on. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    metrics.error(EndpointMetrics.Errors.RECEIVE);
    sockets.debug("receiving failed", cause);
  }

  /** Nothing can be sent or received any more. */
  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    List.copyOf(peers.values()).forEach(DatagramBridge::socketGone);
    output.discard();
    sockets.gone(channel);
  }

  // ---- effects

  @Override
  public void send(ByteBuf data, DatagramBridge to, int size, DatagramBridge.@Nullable Told told) {
    DatagramWrite write = new DatagramWrite(channel, data, to, size, told);
    if (data.isReadable()) {
      channel.write(new DatagramPacket(data, to.remoteAddress()), write);
    } else {
      data.release();
      sendEmpty(to.remoteAddress(), write);
    }
  }

  /**
   * Past Netty, which leaves a lone empty datagram unsent and, where there is one among others,
   * sends one of those twice.
   */
  private void sendEmpty(InetSocketAddress to, DatagramWrite write) {
    channel.flush();
    try {
      socket.sendTo(NOTHING, 0, 0, to.getAddress(), to.getPort());
      write.setSuccess();
    } catch (IOException e) {
      write.setFailure(e);
    }
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public void forget(DatagramBridge peer) {
    peers.remove(peer.remoteAddress(), peer);
  }

  @Override
  public void gone(DatagramBridge peer) {
    sockets.closed();
  }

  @Override
  public InetSocketAddress localAddress() {
    return local;
  }

  @Override
  public EventLoop loop() {
    return loop;
  }

  @Override
  public ByteBufAllocator allocator() {
    return channel.alloc();
  }
}
