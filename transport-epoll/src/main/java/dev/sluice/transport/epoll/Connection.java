// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.ConnId;
import dev.sluice.api.TlsInfo;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a session is made for, whatever carries its bytes: a stream, or the datagrams of one peer.
 * Any thread, but where it says otherwise.
 */
interface Connection {

  ConnId id();

  SessionBridge bridge();

  EventLoop loop();

  EndingWriter writer();

  SessionCalls calls();

  Timers timers();

  /** Admitted over the soft cap. */
  boolean capped();

  /** Nothing carries its bytes any more. */
  boolean gone();

  /** The session is sure that its peer is where it seems to be. */
  default void peerVerified() {}

  /** Little enough waits for the kernel. */
  boolean writable();

  /** A line of the session's for the record of its end. */
  void note(String text);

  @Nullable String note();

  /** What the session will be able to ask; on the thread that makes the session. */
  ConnectionContext describe(@Nullable TlsInfo tls);

  /** From here on input is dropped and writes are refused. */
  default boolean closeRequested() {
    return writer().cause().requested();
  }

  /** A task in the session's order. */
  default boolean execute(Runnable task) {
    return calls().execute(task);
  }

  // ---- on the loop

  /** The session's calls on the loop have come to rest. */
  void flushNow();

  /** Input goes into the session's queue. */
  void inputQueued(int bytes);

  /** Any thread: the session is done with input that was queued. */
  void inputProcessed(int bytes);

  /** Bytes that the session keeps beyond its calls. */
  int held();

  /** Bytes have come that will make a session once its protocol is chosen. */
  default boolean choosing() {
    return false;
  }

  /** Every quarter of a second: deadlines and figures. */
  void sweep(long now);

  // ---- for views and records, see ConnectionReport

  @Nullable SocketAddress localAddress();

  @Nullable SocketAddress remoteAddress();

  ConnectionState state();

  long openedAtMillis();

  /** Nanoseconds from its begin until now, or until it was gone. */
  long age();

  /** Nanoseconds since it was gone. */
  long sinceEnd();

  /** Plaintext. */
  long bytesIn();

  /** Plaintext that the kernel took. */
  long bytesOut();

  /** What the session has written and the kernel has not taken. */
  long queuedOut();

  /** What the session has not finished with: queued for it, or held. */
  long waitingIn();

  boolean readsPaused();

  /** What TLS was begun with; null before, and without. */
  default @Nullable CertificateVersion certificate() {
    return null;
  }
}
