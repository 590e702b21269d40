// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.NodeContext;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.platform.plugin.PluginProtocol;
import dev.sluice.transport.epoll.EpollTransport;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The applications and protocols that a node has started, each called with its own class loader as
 * the context class loader. For the thread that starts the node, then for the one that stops it.
 */
final class Providers {

  private static final Logger log = LoggerFactory.getLogger(Node.class);

  private final Deque<Started> started = new ArrayDeque<>();

  /** A call into a plug-in. */
  private interface Call {
    void run() throws Exception;
  }

  /** A protocol or an application whose start was called. */
  private record Started(String text, @Nullable ClassLoader classLoader, Runnable stop) {}

  /**
   * Starts what the plan's interfaces and outbound connections use. Applications first: a protocol
   * may have a connection as soon as it listens.
   *
   * @throws NodeException if one can't start; it is stopped with the others all the same, as it may
   *     have begun something
   */
  void start(NodePlan plan, EpollTransport transport, OutboundConnector outbound) {
    for (RpcService service : services(plan).values()) {
      Record settings = plan.applicationSettings(service.name()).orElse(null);
      ApplicationContext context =
          new ProviderContext(transport, outbound, settings, service.classLoader());
      start(
          new Started(
              "application " + service.name(), service.classLoader(), service.handler()::stop),
          () -> service.handler().start(context));
    }
    for (PluginProtocol protocol : protocols(plan).values()) {
      NodeContext context = new ProviderContext(transport, outbound, null, protocol.classLoader());
      CustomProtocolSubsystem subsystem = protocol.subsystem();
      start(
          new Started("protocol " + protocol, protocol.classLoader(), subsystem::stop),
          () -> subsystem.start(context));
    }
  }

  private static Map<String, RpcService> services(NodePlan plan) {
    Map<String, RpcService> services = new LinkedHashMap<>();
    plan.interfaces().stream()
        .flatMap(planned -> planned.options().rpc().services().stream())
        .forEach(service -> services.put(service.name(), service));
    return services;
  }

  private static Map<String, PluginProtocol> protocols(NodePlan plan) {
    Map<String, PluginProtocol> used = new LinkedHashMap<>();
    plan.interfaces().stream()
        .flatMap(planned -> planned.protocols().stream())
        .forEach(protocol -> used.put(protocol.name(), protocol));
    plan.clients().forEach(protocol -> used.put(protocol.name(), protocol));
    return used;
  }

  private void start(Started provider, Call call) {
    started.push(provider);
    try {
      within(provider, call);
    } catch (Throwable e) {
      throw new NodeException(provider.text + " can't start: " + NodeException.lineOf(e), e);
    }
  }

  /** Stops what was started, the last one first. */
  void stop() {
    while (!started.isEmpty()) {
      Started provider = started.pop();
      try {
        within(provider, provider.stop::run);
      } catch (Throwable e) {
        // Whatever it is: the threads and the ports must still be given up.
        warn(provider, e);
      }
    }
  }

  private static void warn(Started provider, Throwable failure) {
    try {
      log.warn("{} failed to stop", provider.text, failure);
    } catch (Throwable unspeakable) {
      // Its words are the plug-in's code as well.
      log.warn("{} failed to stop: {}", provider.text, NodeException.lineOf(failure));
    }
  }

  private static void within(Started provider, Call call) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(provider.classLoader);
    try {
      call.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
