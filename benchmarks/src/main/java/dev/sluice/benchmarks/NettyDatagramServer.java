// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.UncheckedBooleanSupplier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;

/**
 * The yardstick for datagrams: the shortest sensible echo on Netty, without peers, sessions, caps
 * or figures. It receives 64 datagrams at once, each of any size, into a buffer that is kept, and
 * sends what came of a pass at once: as the node does.
 */
public final class NettyDatagramServer {

  private static final int SLICE = 65_508;
  private static final int PASS = 64;

  private NettyDatagramServer() {}

  /** Options: {@code --port P} (0 by default). */
  public static void main(String[] args) throws Exception {
    Options options = Options.parse(args, Set.of("port"));
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    Channel channel =
        new Bootstrap()
            .group(loop)
            .channelFactory(() -> new EpollDatagramChannel(SocketProtocolFamily.INET))
            .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, SLICE)
            .option(ChannelOption.RECVBUF_ALLOCATOR, new KeptBuffer())
            .handler(new Echo())
            .bind(InetAddress.getLoopbackAddress(), options.number("port", 0))
            .sync()
            .channel();
    System.out.println("port " + ((InetSocketAddress) channel.localAddress()).getPort());
    channel.closeFuture().sync();
  }

  /** One buffer for all reads, unless what was read last has not left yet. */
  @SuppressWarnings("deprecation") // Netty's own interface still has the deprecated Handle in it
  private static final class KeptBuffer extends FixedRecvByteBufAllocator {

    KeptBuffer() {
      super(PASS * SLICE);
      maxMessagesPerRead(1);
    }

    @Override
    public Handle newHandle() {
      return new Kept((ExtendedHandle) super.newHandle());
    }

    private static final class Kept extends DelegatingHandle implements ExtendedHandle {
      private final ExtendedHandle reads;
      private ByteBuf buffer = Unpooled.EMPTY_BUFFER;

      Kept(ExtendedHandle reads) {
        super(reads);
        this.reads = reads;
      }

      @Override
      public ByteBuf allocate(ByteBufAllocator allocator) {
        if (buffer.refCnt() != 1 || buffer.capacity() == 0) {
          buffer = allocator.directBuffer(PASS * SLICE, PASS * SLICE);
        }
        return buffer.clear().retain();
      }

      @Override
      public boolean continueReading(UncheckedBooleanSupplier more) {
        return reads.continueReading(more);
      }
    }
  }

  private static final class Echo extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      DatagramPacket packet = (DatagramPacket) message;
      ctx.write(new DatagramPacket(packet.content(), packet.sender()), ctx.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      cause.printStackTrace();
    }
  }
}
