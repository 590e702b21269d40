// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.concurrent.Future;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Connects to whichever of a host's addresses answers first (RFC 8305): the families by turns, IPv6
 * first; the next one is tried when the one before has failed, or has not answered for a while. On
 * the loop.
 */
final class AddressRace {

  /** RFC 8305, section 5: the Connection Attempt Delay. */
  private static final long STAGGER_MILLIS = 250;

  /** More than any host has; a name server's answer does not decide how many sockets we open. */
  private static final int MOST_ADDRESSES = 16;

  private final EventLoop loop;
  private final Queue<InetSocketAddress> waiting;
  private final Consumer<Channel> configure;
  private final Outcome outcome;
  private final Set<Channel> running = new HashSet<>();
  private final Map<InetSocketAddress, Throwable> failures = new LinkedHashMap<>();
  private @Nullable Future<?> stagger;
  private boolean over;

  /** How a race ends; one of the two is called, once, unless the race is cancelled. */
  interface Outcome {

    /**
     * A channel is connected, on its way to tell so: handlers that are added now hear {@code
     * channelActive}, and everything that comes after.
     */
    void won(Channel channel);

    /** By address, in the order of the failures. */
    void lost(Map<InetSocketAddress, Throwable> failures);
  }

  /**
   * @param addresses at least one
   * @param configure called with every channel before it is registered
   */
  AddressRace(
      EventLoop loop,
      List<InetSocketAddress> addresses,
      Consumer<Channel> configure,
      Outcome outcome) {
    this.loop = loop;
    this.waiting = new ArrayDeque<>(interleaved(addresses));
    this.configure = configure;
    this.outcome = outcome;
  }

  /** RFC 8305, section 4, with a First Address Family Count of 1. */
  static List<InetSocketAddress> interleaved(List<InetSocketAddress> addresses) {
    Queue<InetSocketAddress> six = new ArrayDeque<>();
    Queue<InetSocketAddress> four = new ArrayDeque<>();
    addresses.stream()
        .distinct()
        .forEach(each -> (each.getAddress() instanceof Inet6Address ? six : four).add(each));
    List<InetSocketAddress> order = new ArrayList<>(addresses.size());
    while (order.size() < MOST_ADDRESSES && !(six.isEmpty() && four.isEmpty())) {
      InetSocketAddress next = six.poll();
      if (next != null) {
        order.add(next);
      }
      next = four.poll();
      if (next != null) {
        order.add(next);
      }
    }
    return order;
  }

  void start() {
    next();
  }

  /** Nobody wants the outcome any more. */
  void cancel() {
    end(null);
  }

  private void next() {
    cancelStagger();
    InetSocketAddress address = waiting.poll();
    if (over || address == null) {
      if (!over && running.isEmpty()) {
        end(null);
        outcome.lost(failures);
      }
      return;
    }
    Channel channel;
    try {
      channel = new EpollSocketChannel();
    } catch (RuntimeException outOfDescriptors) {
      failures.put(address, outOfDescriptors);
      next();
      return;
    }
    running.add(channel);
    configure.accept(channel);
    channel.pipeline().addLast("race", new Runner());
    if (!waiting.isEmpty()) {
      stagger = loop.schedule(this::next, STAGGER_MILLIS, TimeUnit.MILLISECONDS);
    }
    loop.register(channel)
        .addListener(
            registered -> {
              if (registered.isSuccess()) {
                channel
                    .connect(address)
                    .addListener(
                        connected -> {
                          if (!connected.isSuccess()) {
                            failed(channel, address, connected.cause());
                          }
                        });
              } else {
                failed(channel, address, registered.cause());
              }
            });
  }

  private void failed(Channel channel, InetSocketAddress address, Throwable cause) {
    running.remove(channel);
    close(channel);
    if (!over) {
      failures.put(address, cause);
      next();
    }
  }

  private void end(@Nullable Channel winner) {
    over = true;
    cancelStagger();
    waiting.clear();
    for (Channel channel : List.copyOf(running)) {
      if (channel != winner) {
        close(channel);
      }
    }
    running.clear();
  }

  private static void close(Channel channel) {
    if (channel.isRegistered()) {
      channel.close();
    } else {
      channel.unsafe().closeForcibly();
    }
  }

  private void cancelStagger() {
    if (stagger != null) {
      stagger.cancel(false);
      stagger = null;
    }
  }

  private final class Runner extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      if (over) {
        ctx.close();
        return;
      }
      end(ctx.channel());
      outcome.won(ctx.channel());
      ctx.fireChannelActive();
      ctx.pipeline().remove(this);
    }
  }
}
