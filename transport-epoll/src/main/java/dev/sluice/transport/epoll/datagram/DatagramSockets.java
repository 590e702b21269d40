// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.datagram;

import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.session.bridge.DatagramPass;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointMetrics;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sockets of one UDP interface, on one event loop, with a session for each peer address.
 *
 * <p>A reply must leave from the address that was written to, or its peer will not know it. A
 * socket on a wildcard address replies from whatever address the kernel likes, and Netty can't name
 * another. So such an interface has one more socket for each of the host's addresses: for those of
 * IPv6 from the start, for those of IPv4 as soon as one is written to. The kernel then gives what
 * is sent to an address to the socket bound to it.
 *
 * <p>{@link #bind}, {@link #listen} and {@link #close} are for one thread at a time.
 */
public final class DatagramSockets {

  private static final Logger log = LoggerFactory.getLogger(DatagramSockets.class);

  /** Datagrams a pass: then the loop's other channels have their turn. */
  public static final int PASS = 64;

  /** A host has few addresses, but any of 127.0.0.0/8 may be written to. */
  private static final int MOST_ENDPOINTS = 64;

  /** After which a socket for an address is tried again that could not be had. */
  private static final int RETRY_SECONDS = 10;

  private final Endpoint endpoint;
  private final ByteBufAllocator allocator;
  private final DatagramOptions datagrams;
  private final EventLoop loop;
  private final DatagramPass pass;
  private final ReceiveBuffer received;
  private @Nullable EpollDatagramChannel channel;
  private @Nullable InetSocketAddress boundAddress;

  // Set once, on the loop; read by whoever starts the node.
  private volatile boolean serving;

  // Set once, by whoever stops the node; read on the loop.
  private volatile boolean closing;

  // Loop only, once the socket is registered.
  private final Map<InetAddress, DatagramChannelWire> addressed = new HashMap<>();
  private final List<EpollDatagramChannel> channels = new ArrayList<>();
  private int peers;

  /**
   * Neither opened nor bound yet.
   *
   * @param endpoint the interface's connections
   * @param datagrams what is special about datagrams
   * @param loop of all the sockets
   * @param allocator where buffers come from
   */
  public DatagramSockets(
      Endpoint endpoint, DatagramOptions datagrams, EventLoop loop, ByteBufAllocator allocator) {
    this.endpoint = endpoint;
    this.allocator = allocator;
    this.datagrams = datagrams;
    this.loop = loop;
    this.pass = new DatagramPass(endpoint);
    this.received = new ReceiveBuffer(allocator, datagrams.maxSize());
  }

  /**
   * Binds the interface's own socket, once. What arrives from now on waits in the kernel. Nobody
   * else can bind the address meanwhile or later.
   *
   * @param address port 0 lets the kernel choose
   * @return the address, port 0 resolved
   * @throws IOException in the kernel's words, if the address can't be bound
   */
  public InetSocketAddress bind(InetSocketAddress address) throws IOException {
    EpollDatagramChannel bound = open(address.getAddress());
    loop.register(bound).syncUninterruptibly();
    ChannelFuture binding = bound.bind(address).awaitUninterruptibly();
    InetSocketAddress local = bound.localAddress();
    if (!binding.isSuccess() || local == null) {
      bound.close().awaitUninterruptibly();
      throw asIo(binding.cause());
    }
    channel = bound;
    boundAddress = local;
    loop.submit(() -> take(bound, local)).syncUninterruptibly();
    return local;
  }

  private static IOException asIo(@Nullable Throwable cause) {
    return cause instanceof IOException io ? io : new IOException(String.valueOf(cause), cause);
  }

  private EpollDatagramChannel open(InetAddress address) {
    boolean wildcard = address.isAnyLocalAddress();
    EpollDatagramChannel opened =
        new EpollDatagramChannel(
            address instanceof Inet6Address
                ? SocketProtocolFamily.INET6
                : SocketProtocolFamily.INET);
    opened.config().setAutoRead(false);
    opened.config().setAllocator(allocator);
    if (wildcard) {
      // Only a read of one datagram tells which address it was sent to.
      opened.config().setOption(EpollChannelOption.IP_RECVORIGDSTADDR, true);
      opened.config().setRecvByteBufAllocator(received.reader(PASS));
    } else {
      opened.config().setOption(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, received.slice());
      opened.config().setRecvByteBufAllocator(received.reader(1));
    }
    if (datagrams.receiveBuffer() > 0) {
      opened.config().setOption(ChannelOption.SO_RCVBUF, datagrams.receiveBuffer());
    }
    if (datagrams.sendBuffer() > 0) {
      opened.config().setOption(ChannelOption.SO_SNDBUF, datagrams.sendBuffer());
    }
    return opened;
  }

  /** On the loop: the interface's own socket. */
  private void take(EpollDatagramChannel bound, InetSocketAddress local) {
    boolean wildcard = local.getAddress().isAnyLocalAddress();
    DatagramChannelWire wire = new DatagramChannelWire(this, bound, loop);
    bound.pipeline().addLast(wire);
    channels.add(bound);
    if (wildcard && local.getAddress() instanceof Inet6Address) {
      for (InetAddress address : hostAddresses()) {
        if (address instanceof Inet6Address) {
          wire(wire, new InetSocketAddress(address, local.getPort()));
        }
      }
    }
  }

  private static List<InetAddress> hostAddresses() {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .distinct()
          .toList();
    } catch (IOException e) {
      log.debug("the host's addresses can't be listed", e);
      return List.of();
    }
  }

  /** On the loop: who answers what was sent to an address; the wildcard's where there is none. */
  DatagramChannelWire wire(DatagramChannelWire wildcard, @Nullable InetSocketAddress recipient) {
    InetAddress address = recipient == null ? null : recipient.getAddress();
    if (address == null || address.isAnyLocalAddress()) {
      return wildcard;
    }
    DatagramChannelWire known = addressed.get(address);
    if (known != null) {
      return known;
    }
    if (addressed.size() >= MOST_ENDPOINTS) {
      endpoint.metrics().error(EndpointMetrics.Errors.SOURCE_ADDRESS);
      return wildcard;
    }
    // What was sent to a group, or to all, is answered from any address.
    DatagramChannelWire made = isOurs(address) ? openFor(address) : wildcard;
    if (made == null) {
      made = wildcard;
      tryAgainLater(address);
    }
    addressed.put(address, made);
    return made;
  }

  /** Not with each datagram; but what there is too little of now may be there in a while. */
  private void tryAgainLater(InetAddress address) {
    loop.schedule(() -> addressed.remove(address), RETRY_SECONDS, TimeUnit.SECONDS);
  }

  private static boolean isOurs(InetAddress address) {
    try {
      return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    } catch (IOException e) {
      log.debug("no interface to be found for {}", address, e);
      return false;
    }
  }

  /** A socket beside the wildcard's, on the same port. */
  private @Nullable DatagramChannelWire openFor(InetAddress address) {
    EpollDatagramChannel main = channel;
    InetSocketAddress local = boundAddress;
    if (main == null || local == null) {
      return null;
    }
    EpollDatagramChannel beside = null;
    try {
      beside = open(address);
      loop.register(beside).syncUninterruptibly();
      // Both must allow it at the moment of the bind, and never else, or others could share.
      main.config().setReuseAddress(true);
      beside.config().setReuseAddress(true);
      try {
        beside.bind(new InetSocketAddress(address, local.getPort())).syncUninterruptibly();
      } finally {
        main.config().setReuseAddress(false);
        beside.config().setReuseAddress(false);
      }
      DatagramChannelWire wire = new DatagramChannelWire(this, beside, loop);
      beside.pipeline().addLast(wire);
      channels.add(beside);
      beside.config().setAutoRead(serving);
      return wire;
    } catch (RuntimeException e) {
      // Such as for want of descriptors.
      endpoint.metrics().error(EndpointMetrics.Errors.SOURCE_ADDRESS);
      debug("no socket for " + address, e);
      if (beside != null) {
        beside.unsafe().closeForcibly();
      }
      return null;
    }
  }

  /** Begins to read. */
  public void listen() {
    loop.submit(
            () -> {
              serving = true;
              channels.forEach(each -> each.config().setAutoRead(true));
            })
        .syncUninterruptibly();
  }

  /**
   * Whether it reads, or has read. Any thread.
   *
   * @return {@code false} before {@link #listen}
   */
  public boolean listening() {
    return serving;
  }

  /**
   * Takes no new peers. The sockets are also those of the peers that there are: the port is given
   * up when the last one has ended, at once where there is none. More than once, at every state.
   */
  public void close() {
    closing = true;
    EpollDatagramChannel open = channel;
    if (open == null || !open.isOpen()) {
      return;
    }
    try {
      loop.submit(this::closeIfUnused).syncUninterruptibly();
    } catch (RejectedExecutionException loopHasEnded) {
      // And has closed its sockets.
    }
  }

  private void closeIfUnused() {
    if (closing && peers == 0 && !channels.isEmpty()) {
      List<EpollDatagramChannel> all = List.copyOf(channels);
      channels.clear();
      all.forEach(EpollDatagramChannel::close);
      received.release();
    }
  }

  // ---- on the loop, for the sockets

  /** A socket has closed, also where nobody here did it but the loop at its end. */
  void gone(EpollDatagramChannel socket) {
    channels.remove(socket);
    addressed.values().removeIf(wire -> wire.isOf(socket));
    if (channels.isEmpty()) {
      received.release();
    }
  }

  boolean closing() {
    return closing;
  }

  void opened() {
    peers++;
  }

  void closed() {
    peers--;
    if (closing && peers == 0) {
      try {
        // Not from within a pass of the socket that is to go.
        loop.execute(this::closeIfUnused);
      } catch (RejectedExecutionException loopHasEnded) {
        // It closes its sockets at this moment, and what is thrown here would keep the peer's
        // session from hearing its end.
        closeIfUnused();
      }
    }
  }

  /** What a client alone can cause is not for the log of a node that works. */
  void debug(String what, Throwable cause) {
    log.debug("{}: {}", endpoint.options().name(), what, cause);
  }

  // ---- any thread

  Endpoint endpoint() {
    return endpoint;
  }

  DatagramOptions datagrams() {
    return datagrams;
  }

  DatagramPass pass() {
    return pass;
  }
}
