// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import org.jspecify.annotations.Nullable;

/**
 * How many requests a connection takes at once, and who wants to know. Changed on the connection's
 * loop, asked from any thread.
 */
public final class RequestRoom {

  // Whoever writes one of these reads the action behind it, and whoever writes that reads them, so
  // that one of the two sides sees both.
  private volatile int most;
  private volatile boolean suspended;
  private volatile boolean closed;
  private volatile @Nullable Runnable action;

  /**
   * Room for requests.
   *
   * @param most 0 or more
   */
  public RequestRoom(int most) {
    this.most = most;
  }

  /**
   * The room there is.
   *
   * @return see {@link HttpClientSession#maxRequests}
   */
  public int most() {
    return closed || suspended ? 0 : most;
  }

  /**
   * Whether there is no room and never will be.
   *
   * @return {@code true} behind {@link #close}
   */
  public boolean isClosed() {
    return closed;
  }

  /**
   * The connection takes so many from now on, unless it takes none for good.
   *
   * @param now 0 or more
   */
  public void change(int now) {
    if (most != now) {
      most = now;
      tell();
    }
  }

  /**
   * The connection takes none until this is taken back.
   *
   * @param now {@code false} takes it back
   */
  public void suspend(boolean now) {
    if (suspended != now) {
      suspended = now;
      tell();
    }
  }

  /** The connection takes none any more. */
  public void close() {
    if (!closed) {
      closed = true;
      tell();
    }
  }

  /**
   * Asks to be told.
   *
   * @param wanted see {@link HttpClientSession#onChange}
   */
  public void onChange(Runnable wanted) {
    action = wanted;
    if (closed) {
      wanted.run();
    }
  }

  private void tell() {
    Runnable wanted = action;
    if (wanted != null) {
      wanted.run();
    }
  }
}
