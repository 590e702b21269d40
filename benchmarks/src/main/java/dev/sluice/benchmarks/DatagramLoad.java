// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseCombiner;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A window of datagrams on the way from each port: as many as come back in a pass are sent anew, at
 * once. What has not come back when nothing has come for a while is lost, and counted.
 */
final class DatagramLoad extends Load {

  private static final long PATIENCE_MILLIS = 200;
  private static final int PASS = 64;

  private final Connector connector;
  private final int port;
  private final int ports;
  private final int window;
  private final ByteBuf message;
  private final List<Sender> senders = new ArrayList<>();

  DatagramLoad(Connector connector, int port, int ports, int size, int window) {
    super(connector.loop());
    this.connector = connector;
    this.port = port;
    this.ports = ports;
    this.window = window;
    this.message = pattern(size);
  }

  @Override
  Future<?> open() {
    int slice = message.readableBytes() + 1;
    Promise<Void> opened = loop().newPromise();
    PromiseCombiner all = new PromiseCombiner(loop());
    for (int i = 0; i < ports; i++) {
      Sender sender = new Sender();
      senders.add(sender);
      all.add(
          (Future<?>)
              new Bootstrap()
                  .group(connector.group())
                  .channelFactory(() -> new EpollDatagramChannel(SocketProtocolFamily.INET))
                  .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, slice)
                  .option(
                      ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(PASS * slice))
                  .handler(sender)
                  .connect(InetAddress.getLoopbackAddress(), port));
    }
    all.finish(opened);
    return opened;
  }

  @Override
  protected void begin() {
    for (Sender sender : senders) {
      connectionBusy();
      sender.start();
    }
  }

  private final class Sender extends ChannelInboundHandlerAdapter {
    private @Nullable ChannelHandlerContext added;
    private int onTheWay;
    private int came;
    private long cameAt;
    private boolean busy;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      added = ctx;
    }

    void start() {
      busy = true;
      cameAt = System.nanoTime();
      send(window - onTheWay);
      watch();
    }

    private void send(int count) {
      ChannelHandlerContext ctx = Objects.requireNonNull(added);
      for (int i = 0; i < count; i++) {
        ctx.write(message.duplicate(), ctx.voidPromise());
      }
      onTheWay += count;
      ctx.flush();
    }

    /** What was given up for lost and comes late is not counted twice. */
    private void watch() {
      if (!busy) {
        return;
      }
      if (System.nanoTime() - cameAt > TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS)) {
        countLost(onTheWay);
        onTheWay = 0;
        cameAt = System.nanoTime();
        next();
      }
      loop().schedule(this::watch, PATIENCE_MILLIS / 4, TimeUnit.MILLISECONDS);
    }

    private void next() {
      if (running()) {
        send(window - onTheWay);
      } else if (onTheWay == 0 && busy) {
        busy = false;
        connectionDry();
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext read, Object data) {
      ByteBuf content = data instanceof DatagramPacket packet ? packet.content() : (ByteBuf) data;
      if (!content.equals(message)) {
        fail(new IllegalStateException("another datagram than was sent: " + content));
      }
      content.release();
      came++;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext read) {
      int counted = Math.min(came, onTheWay);
      count(counted, counted * message.readableBytes());
      onTheWay -= counted;
      came = 0;
      cameAt = System.nanoTime();
      if (busy) {
        next();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext failed, Throwable cause) {
      fail(cause);
    }
  }
}
