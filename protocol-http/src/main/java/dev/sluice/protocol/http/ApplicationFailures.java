// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RpcContext;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the operator what applications do wrong: each failure is counted by its application, and
 * one a second of each application and kind is logged, since a client may cause as many as it
 * likes. Any thread.
 */
final class ApplicationFailures {

  private static final Logger LOG = LoggerFactory.getLogger(ApplicationFailures.class);

  /** Counted by application behind this. */
  private static final String FAILED = "application_failed.";

  private static final int LONGEST_PATH = 200;

  private final Map<String, Paces> paces = new ConcurrentHashMap<>();

  /**
   * Counts a failure and perhaps logs it, with the request's path but without its query, which may
   * hold what is secret.
   */
  void tell(String application, RpcContext request, String what, @Nullable Throwable thrown) {
    request.connection().count(FAILED + application);
    long untold =
        paces
            .computeIfAbsent(application, name -> new Paces())
            .of(what, thrown)
            .take(System.nanoTime());
    if (untold < 0) {
      LOG.debug("{}: {} {}", application, request.connection().id(), what, thrown);
      return;
    }
    String path = request.path();
    LOG.warn(
        "the application {} {}, asked for {} {} on {}{}",
        application,
        what,
        request.method(),
        path.length() > LONGEST_PATH ? path.substring(0, LONGEST_PATH) + "..." : path,
        request.connection().id(),
        untold == 0 ? "" : "; " + untold + " more of this kind before were not logged",
        thrown);
  }

  /** Of one application, by what happens to it. */
  static final class Paces {

    /** Kinds beyond these share a line. */
    private static final int KINDS = 16;

    private static final String OTHERS = "others";

    private final Map<String, Pace> byKind = new ConcurrentHashMap<>();

    /**
     * That of a kind.
     *
     * @param what happened, of few
     * @param thrown its class is a part of the kind
     */
    Pace of(String what, @Nullable Throwable thrown) {
      String kind = thrown == null ? what : what + ' ' + thrown.getClass().getName();
      Pace known = byKind.get(kind);
      if (known != null) {
        return known;
      }
      return byKind.computeIfAbsent(byKind.size() < KINDS ? kind : OTHERS, name -> new Pace());
    }
  }

  /** One line a second. */
  static final class Pace {

    private static final long INTERVAL = TimeUnit.SECONDS.toNanos(1);

    private boolean any;
    private long last;
    private long untold;

    /** How many were not told since the last one that was; negative: this one is not either. */
    synchronized long take(long now) {
      if (any && now - last < INTERVAL) {
        untold++;
        return -1;
      }
      long before = untold;
      any = true;
      last = now;
      untold = 0;
      return before;
    }
  }
}
