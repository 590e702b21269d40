// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells a client's callers of what has failed before there was a connection. The thread of the
 * clock is the whole process's: a receiver that blocks it would stop every client's, so that what
 * fails there is told by a thread of the client's own, which ends when it has nothing to do.
 */
final class FailureNotices {

  private static final long IDLE_SECONDS = 1;

  private @Nullable ThreadPoolExecutor own;

  /** At once, unless this is the clock's thread. */
  void bring(Runnable notice) {
    if (GlobalEventExecutor.INSTANCE.inEventLoop()) {
      own().execute(notice);
    } else {
      notice.run();
    }
  }

  /** Made for the first one. */
  private synchronized ThreadPoolExecutor own() {
    ThreadPoolExecutor made = own;
    if (made == null) {
      made =
          new ThreadPoolExecutor(
              1,
              1,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              FailureNotices::thread);
      made.allowCoreThreadTimeOut(true);
      own = made;
    }
    return made;
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "http-client-failures");
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    return thread;
  }
}
