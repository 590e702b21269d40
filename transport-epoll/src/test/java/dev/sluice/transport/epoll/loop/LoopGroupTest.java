// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoopGroupTest {

  private static ClassLoader contextClassLoader() {
    return Thread.currentThread().getContextClassLoader();
  }

  /** Also within one burst of tasks, where nothing lies between them. */
  @Test
  void whateverClassLoaderATaskLeavesBehindTheLoopHasItsOwnAgain() throws Exception {
    LoopGroup group = new LoopGroup("test-loop", 1);
    EventLoop loop = group.next();
    try (URLClassLoader plugin = new URLClassLoader(new URL[0], null)) {
      ClassLoader own = loop.submit(LoopGroupTest::contextClassLoader).get();
      Runnable leaves = () -> Thread.currentThread().setContextClassLoader(plugin);
      List<Future<ClassLoader>> seen = new ArrayList<>();
      loop.submit(
              () -> {
                for (int i = 0; i < 3; i++) {
                  loop.execute(leaves);
                  seen.add(loop.submit(LoopGroupTest::contextClassLoader));
                  loop.schedule(leaves, 0, TimeUnit.NANOSECONDS);
                  seen.add(
                      loop.schedule(LoopGroupTest::contextClassLoader, 0, TimeUnit.NANOSECONDS));
                }
              })
          .get();
      for (Future<ClassLoader> each : seen) {
        assertThat(each.get()).isSameAs(own);
      }
      assertThat(own).isNotSameAs(plugin);
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }
}
