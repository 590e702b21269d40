// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One UDP interface: a socket on one event loop, and a session for each peer address.
 *
 * <p>A reply must leave from the address that was written to, or its peer will not know it. A
 * socket on a wildcard address replies from whatever address the kernel likes, and Netty can't name
 * another. So such an interface has one more socket for each of the host's addresses: for those of
 * IPv6 from the start, for those of IPv4 as soon as one is written to. The kernel then gives what
 * is sent to an address to the socket bound to it.
 */
public final class DatagramServer implements InterfaceServer {

  private static final Logger log = LoggerFactory.getLogger(DatagramServer.class);

  /** A host has few addresses, but any of 127.0.0.0/8 may be written to. */
  static final int MOST_ENDPOINTS = 64;

  private final EpollTransport transport;
  private final SessionBridge bridge;
  private final DatagramOptions datagrams;
  private final EventLoop loop;
  private final ReadPass pass;
  private final ReceiveBuffer received;
  private @Nullable EpollDatagramChannel channel;
  private @Nullable InetSocketAddress boundAddress;

  // Set once, on the loop; read by whoever starts the node.
  private volatile boolean serving;

  // Set once, by whoever stops the node; read on the loop.
  private volatile boolean closing;

  // Loop only, once the socket is registered.
  private final Map<InetAddress, DatagramEndpoint> addressed = new HashMap<>();
  private final List<EpollDatagramChannel> channels = new ArrayList<>();
  private int peers;

  DatagramServer(EpollTransport transport, InterfaceOptions options, DatagramOptions datagrams) {
    this.transport = transport;
    this.bridge = new SessionBridge(transport, options);
    this.datagrams = datagrams;
    this.loop = transport.nextLoop();
    this.pass = new ReadPass(bridge.metrics());
    this.received = new ReceiveBuffer(transport.options().allocator(), datagrams.maxSize());
  }

  /**
   * {@inheritDoc} What arrives from now on waits in the kernel. Nobody else can bind the address
   * meanwhile or later.
   */
  @Override
  public InetSocketAddress bind() throws IOException {
    if (channel != null) {
      throw new IllegalStateException("bound already");
    }
    InetSocketAddress address = bridge.options().bindAddress();
    EpollDatagramChannel bound = open(address.getAddress());
    loop.register(bound).syncUninterruptibly();
    ChannelFuture binding = bound.bind(address).awaitUninterruptibly();
    InetSocketAddress local = bound.localAddress();
    if (!binding.isSuccess() || local == null) {
      bound.close().awaitUninterruptibly();
      throw OpenSslServer.failure("can't bind ", address, asIo(binding.cause()));
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
    opened.config().setAllocator(transport.options().allocator());
    if (wildcard) {
      // Only a read of one datagram tells which address it was sent to.
      opened.config().setOption(EpollChannelOption.IP_RECVORIGDSTADDR, true);
      opened.config().setRecvByteBufAllocator(received.reader(ReceiveBuffer.PASS));
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
    DatagramEndpoint endpoint = new DatagramEndpoint(this, bound, loop);
    bound.pipeline().addLast(endpoint);
    channels.add(bound);
    if (wildcard && local.getAddress() instanceof Inet6Address) {
      for (InetAddress address : hostAddresses()) {
        if (address instanceof Inet6Address) {
          endpoint(endpoint, new InetSocketAddress(address, local.getPort()));
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
  DatagramEndpoint endpoint(DatagramEndpoint wildcard, @Nullable InetSocketAddress recipient) {
    InetAddress address = recipient == null ? null : recipient.getAddress();
    if (address == null || address.isAnyLocalAddress()) {
      return wildcard;
    }
    DatagramEndpoint known = addressed.get(address);
    if (known != null) {
      return known;
    }
    if (addressed.size() >= MOST_ENDPOINTS) {
      bridge.metrics().error(InterfaceMetrics.Errors.SOURCE_ADDRESS);
      return wildcard;
    }
    // What was sent to a group, or to all, is answered from any address.
    DatagramEndpoint made = isOurs(address) ? openFor(address) : wildcard;
    if (made == null) {
      made = wildcard;
    }
    addressed.put(address, made);
    return made;
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
  private @Nullable DatagramEndpoint openFor(InetAddress address) {
    EpollDatagramChannel main = channel;
    InetSocketAddress local = boundAddress;
    if (main == null || local == null) {
      return null;
    }
    EpollDatagramChannel beside = open(address);
    try {
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
      DatagramEndpoint endpoint = new DatagramEndpoint(this, beside, loop);
      beside.pipeline().addLast(endpoint);
      channels.add(beside);
      beside.config().setAutoRead(serving);
      return endpoint;
    } catch (RuntimeException e) {
      bridge.metrics().error(InterfaceMetrics.Errors.SOURCE_ADDRESS);
      debug("no socket for " + address, e);
      beside.unsafe().closeForcibly();
      return null;
    }
  }

  @Override
  public void listen() throws IOException {
    if (channel == null) {
      throw new IllegalStateException("not bound");
    }
    loop.submit(
            () -> {
              serving = true;
              channels.forEach(each -> each.config().setAutoRead(true));
            })
        .syncUninterruptibly();
  }

  @Override
  public boolean listening() {
    return serving;
  }

  @Override
  public InetSocketAddress address() {
    InetSocketAddress address = boundAddress;
    if (address == null) {
      throw new IllegalStateException("not bound");
    }
    return address;
  }

  @Override
  public SessionBridge bridge() {
    return bridge;
  }

  /**
   * {@inheritDoc} The socket is theirs too: the port is given up when the last one has ended, at
   * once where there is none.
   */
  @Override
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

  boolean closing() {
    return closing;
  }

  void opened(DatagramPeer peer) {
    peers++;
    bridge.begun();
    bridge.open(peer);
    transport.sweepOf(loop).add(peer);
  }

  void closed(DatagramPeer peer) {
    peers--;
    transport.sweepOf(loop).remove(peer);
    if (closing && peers == 0) {
      // Not from within a pass of the socket that is to go.
      loop.execute(this::closeIfUnused);
    }
  }

  /** What a client alone can cause is not for the log of a node that works. */
  void debug(String what, Throwable cause) {
    log.debug("{}: {}", bridge.options().name(), what, cause);
  }

  // ---- any thread

  EpollTransport transport() {
    return transport;
  }

  DatagramOptions datagrams() {
    return datagrams;
  }

  ReadPass pass() {
    return pass;
  }

  ReceiveBuffer received() {
    return received;
  }

  /** Bytes, with overhead, that may wait for one session. */
  int queueLimit() {
    return transport.options().inboundConnectionLimit();
  }
}
