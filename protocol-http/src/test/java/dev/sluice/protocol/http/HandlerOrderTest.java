// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An application's calls find its own classes, and leave nothing of them on a shared thread. */
class HandlerOrderTest {

  private final Thread thread = Thread.currentThread();
  private final ClassLoader before = thread.getContextClassLoader();
  private final ClassLoader own = new URLClassLoader(new URL[0]);
  private final ClassLoader foreign = new URLClassLoader(new URL[0]);

  @AfterEach
  void restore() {
    thread.setContextClassLoader(before);
  }

  private List<HandlerOrder> orders() {
    return List.of(
        HandlerOrder.onLoop(ImmediateEventExecutor.INSTANCE, own),
        HandlerOrder.onPool(Runnable::run, own));
  }

  @Test
  void aCallHasItsOwnClassLoaderAndTheThreadGetsItsBack() {
    for (HandlerOrder order : orders()) {
      for (ClassLoader threads : new ClassLoader[] {before, own, null}) {
        thread.setContextClassLoader(threads);
        ClassLoader[] seen = new ClassLoader[1];
        order.execute(
            () -> {
              seen[0] = thread.getContextClassLoader();
              thread.setContextClassLoader(foreign);
            });
        assertThat(seen[0]).isSameAs(own);
        assertThat(thread.getContextClassLoader()).isSameAs(threads);
      }
    }
  }

  @Test
  void alsoWhereACallThrows() {
    for (HandlerOrder order : orders()) {
      for (ClassLoader threads : new ClassLoader[] {before, own, null}) {
        thread.setContextClassLoader(threads);
        assertThatThrownBy(
                () ->
                    order.execute(
                        () -> {
                          thread.setContextClassLoader(foreign);
                          throw new LinkageError("call");
                        }))
            .isInstanceOf(LinkageError.class);
        assertThat(thread.getContextClassLoader()).isSameAs(threads);
      }
    }
  }
}
