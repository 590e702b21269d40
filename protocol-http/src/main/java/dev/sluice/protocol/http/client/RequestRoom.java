// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import org.jspecify.annotations.Nullable;

/**
 * How many requests a connection takes at once, and who wants to know. Changed on the connection's
 * loop, asked from any thread.
 */
public final class RequestRoom {

  // Whoever writes one reads the other behind it, so that one of the two sides sees both.
  private volatile int most;
  private volatile @Nullable Runnable action;

  /**
   * Room for requests.
   *
   * @param most 1 or more
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
    return most;
  }

  /**
   * The connection takes so many from now on, unless it takes none for good.
   *
   * @param now 1 or more
   */
  public void change(int now) {
    if (most != 0 && most != now) {
      most = now;
      tell();
    }
  }

  /** The connection takes none any more. */
  public void close() {
    change(0);
  }

  /**
   * Asks to be told.
   *
   * @param wanted see {@link HttpClientSession#onChange}
   */
  public void onChange(Runnable wanted) {
    action = wanted;
    if (most == 0) {
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
