// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.multibindings.Multibinder;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.rpc.RpcHandler;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * Offers a {@link Node} to the injector of another program. The program's protocols and
 * applications may be bound there, and so be given whatever it has:
 *
 * <pre>{@code
 * Injector injector =
 *     Guice.createInjector(
 *         new SluiceModule(Sluice.builder().configuration(Path.of("node.yaml")).fromClassPath()),
 *         binder ->
 *             Multibinder.newSetBinder(binder, RpcHandler.class).addBinding().to(Orders.class));
 * Node node = injector.getInstance(Node.class);
 * }</pre>
 *
 * <p>The node starts when it is asked for, which is at once in {@code Stage.PRODUCTION}; what it
 * throws is the cause of the injector's exception. The injector does not stop it: {@link
 * Node#close} does. The node's own parts live in an injector of theirs, where {@link
 * Sluice.Builder#override} replaces them.
 */
public final class SluiceModule extends AbstractModule {

  private final Sluice.Builder builder;

  /**
   * Offers a node.
   *
   * @param builder what it is; changes to it from now on are not heard
   */
  public SluiceModule(Sluice.Builder builder) {
    this.builder = builder.copy();
  }

  @Override
  protected void configure() {
    Multibinder.newSetBinder(binder(), CustomProtocolSubsystem.class);
    Multibinder.newSetBinder(binder(), RpcHandler.class);
  }

  @Provides
  @Singleton
  Node node(Set<CustomProtocolSubsystem> protocols, Set<RpcHandler> handlers) {
    Sluice.Builder complete = builder.copy();
    protocols.forEach(complete::protocol);
    handlers.forEach(complete::application);
    return complete.start();
  }
}
