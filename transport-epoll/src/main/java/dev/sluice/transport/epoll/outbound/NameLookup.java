// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks host names up in the hosts file and by name servers, without a thread that waits: the JDK's
 * own look-up blocks, for half a minute where name servers are silent.
 */
final class NameLookup {

  /** One name server may be silent, and the next still answers within a connect's time. */
  private static final int QUERY_TIMEOUT_MILLIS = 2500;

  /** However long a record says that it is good. */
  private static final int LONGEST_TTL_SECONDS = 300;

  private final List<InetSocketAddress> nameServers;

  // Written once on the helper's thread: making it reads the system's files.
  private volatile @Nullable DnsAddressResolverGroup resolvers;

  NameLookup(List<InetSocketAddress> nameServers) {
    this.nameServers = nameServers;
  }

  boolean ready() {
    return resolvers != null;
  }

  /** Reads files: not for a loop. One thread. */
  void prepare() {
    if (resolvers != null) {
      return;
    }
    DnsNameResolverBuilder builder =
        new DnsNameResolverBuilder()
            .datagramChannelType(EpollDatagramChannel.class)
            .socketChannelType(EpollSocketChannel.class)
            // A socket and a port for each look-up: none is kept, and none can be guessed.
            .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
            .resolvedAddressTypes(ResolvedAddressTypes.IPV6_PREFERRED)
            .completeOncePreferredResolved(false)
            .queryTimeoutMillis(QUERY_TIMEOUT_MILLIS)
            .ttl(0, LONGEST_TTL_SECONDS);
    if (!nameServers.isEmpty()) {
      DnsServerAddressStreamProvider given =
          new SequentialDnsServerAddressStreamProvider(nameServers);
      builder.nameServerProvider(given);
    }
    resolvers = new DnsAddressResolverGroup(builder);
  }

  /** On the loop, once {@link #ready}. */
  Future<List<InetSocketAddress>> lookUp(EventLoop loop, String host, int port) {
    DnsAddressResolverGroup group = resolvers;
    if (group == null) {
      throw new IllegalStateException("not prepared");
    }
    return group.getResolver(loop).resolveAll(InetSocketAddress.createUnresolved(host, port));
  }

  /** Look-ups that are under way fail. */
  void close() {
    DnsAddressResolverGroup group = resolvers;
    if (group != null) {
      group.close();
    }
  }
}
