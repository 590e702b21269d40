// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.google.inject.Binder;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Module;
import com.google.inject.Stage;
import com.google.inject.matcher.Matchers;
import com.google.inject.spi.ProvisionListener;
import com.google.inject.util.Modules;
import dev.sluice.transport.epoll.EpollTransport;
import java.util.ArrayList;
import java.util.List;

/** What a node is put together from. Putting it together starts event loops. */
record NodeParts(EpollTransport transport, RpcConnectionManager manager) {

  /**
   * Puts a node together.
   *
   * @param overriding bindings that take the place of the node's own
   * @throws RuntimeException or an error, whatever a part has thrown; no thread is left then
   */
  static NodeParts of(NodePlan plan, Module overriding) {
    Made made = new Made();
    boolean complete = false;
    try {
      Module bindings = Modules.override(new NodeModule(plan)).with(overriding);
      Injector injector = Guice.createInjector(Stage.PRODUCTION, made, bindings);
      NodeParts parts =
          new NodeParts(
              injector.getInstance(EpollTransport.class),
              injector.getInstance(RpcConnectionManager.class));
      complete = true;
      return parts;
    } finally {
      if (!complete) {
        made.end();
      }
    }
  }

  /** Keeps what needs an end as soon as it is made: what comes behind it may fail. */
  private static final class Made implements Module {

    private final List<EpollTransport> transports = new ArrayList<>();
    private final List<RpcConnectionManager> managers = new ArrayList<>();

    @Override
    public void configure(Binder binder) {
      binder.bindListener(
          Matchers.any(),
          new ProvisionListener() {
            @Override
            public <T> void onProvision(ProvisionInvocation<T> provision) {
              T part = provision.provision();
              if (part instanceof EpollTransport transport) {
                transports.add(transport);
              } else if (part instanceof RpcConnectionManager manager) {
                managers.add(manager);
              }
            }
          });
    }

    void end() {
      for (RpcConnectionManager manager : managers) {
        NodeEnd.stage("outbound connections", manager.outbound()::close);
      }
      transports.forEach(NodeEnd::stopThreads);
    }
  }
}
