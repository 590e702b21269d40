// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * How a connection ends. On the loop.
 *
 * <pre>
 *   OPEN       begin            → FLUSHING   input is dropped, output goes out
 *   FLUSHING   output is out    → LINGERING  close_notify, FIN; input is read and thrown away,
 *                                            since a close with unread input makes the kernel
 *                                            throw the answer away
 *   LINGERING  the peer's end, the deadline or the bound of bytes → CLOSED
 *   any        closeNow, reset  → CLOSED
 * </pre>
 */
final class CloseSequence {

  /** What a peer may still send after our end of stream. */
  private static final long LINGER_BYTES = 256L << 20;

  private enum Phase {
    OPEN,
    FLUSHING,
    LINGERING,
    CLOSED
  }

  private final StreamConnection connection;
  private final Channel channel;
  private Phase phase = Phase.OPEN;
  private long lingerUntil;
  private long discarded;
  private boolean encryptionEnded;
  private boolean shutdownWanted;

  CloseSequence(StreamConnection connection, Channel channel) {
    this.connection = connection;
    this.channel = channel;
  }

  /** Any thread; elsewhere than on the loop it may be a little old. */
  boolean begun() {
    return phase != Phase.OPEN;
  }

  /** Likewise. */
  boolean lingering() {
    return phase == Phase.LINGERING || phase == Phase.CLOSED;
  }

  /** Closes in order, after what was written. */
  void begin() {
    if (phase != Phase.OPEN) {
      return;
    }
    if (!connection.established()) {
      closeNow();
      return;
    }
    phase = Phase.FLUSHING;
    connection.gate().openForDiscard();
    connection.flushNow();
    if (connection.output().isEmpty()) {
      outputDrained();
    }
  }

  /** The peer's close_notify has come: what is encrypted still goes out, nothing else can. */
  void encryptionEnded() {
    encryptionEnded = true;
    if (phase == Phase.OPEN) {
      phase = Phase.FLUSHING;
      if (connection.output().isEmpty()) {
        outputDrained();
      }
    }
  }

  /** Ends our sending side and goes on reading. */
  void shutdownOutput() {
    if (phase == Phase.OPEN) {
      shutdownWanted = true;
      connection.flushNow();
      if (connection.output().isEmpty()) {
        outputDrained();
      }
    }
  }

  void outputDrained() {
    if (phase == Phase.OPEN && shutdownWanted) {
      shutdownWanted = false;
      ((DuplexChannel) channel).shutdownOutput();
      if (connection.inputEnded()) {
        closeNow();
      }
    } else if (phase == Phase.FLUSHING) {
      SslHandler tls = channel.pipeline().get(SslHandler.class);
      if (tls == null) {
        linger();
      } else if (encryptionEnded) {
        // SslHandler has answered the peer's close_notify by its own, which waits for a flush.
        channel
            .pipeline()
            .firstContext()
            .writeAndFlush(Unpooled.EMPTY_BUFFER)
            .addListener(sent -> linger());
      } else {
        encryptionEnded = true;
        tls.closeOutbound().addListener(sent -> linger());
      }
    }
  }

  /** A TLS alert has been written in place of an answer. */
  void lingerAfterAlert() {
    if (phase == Phase.OPEN || phase == Phase.FLUSHING) {
      phase = Phase.FLUSHING;
      linger();
    }
  }

  private void linger() {
    if (phase != Phase.FLUSHING) {
      return;
    }
    if (connection.inputEnded() || !channel.isActive()) {
      closeNow();
      return;
    }
    phase = Phase.LINGERING;
    lingerUntil = System.nanoTime() + connection.bridge().limits().lingerTimeout().toNanos();
    ((DuplexChannel) channel)
        .shutdownOutput()
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                closeNow();
              }
            });
    connection.gate().openForDiscard();
  }

  void discarded(int bytes) {
    discarded += bytes;
    if (discarded > LINGER_BYTES) {
      closeNow();
    }
  }

  /** {@code SslHandler} closes after an alert: not before the peer has had a chance to read it. */
  void closeFromWithin(ChannelPromise promise) {
    lingerAfterAlert();
    channel
        .closeFuture()
        .addListener(
            closed -> {
              promise.trySuccess();
            });
  }

  /** Closes the socket; what the kernel has taken still goes out if all input was read. */
  void closeNow() {
    if (phase != Phase.CLOSED) {
      phase = Phase.CLOSED;
      ChannelHandlerContext first = channel.pipeline().firstContext();
      if (first != null && channel.isRegistered()) {
        // From the first handler outwards: past SslHandler, which would wait for the peer.
        first.close();
      } else {
        // Registering it will fail, which ends the connection.
        channel.unsafe().closeForcibly();
      }
    }
  }

  /** The socket is closed: what was asked for meanwhile on other threads comes too late. */
  void channelGone() {
    phase = Phase.CLOSED;
  }

  /** Closes the socket and throws away what the kernel still has. */
  void reset() {
    // A channel that has closed for another reason has no descriptor, or another's.
    if (phase != Phase.CLOSED && channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      closeNow();
    }
  }

  void sweep(long now, @Nullable Ending verdict) {
    if (phase == Phase.LINGERING) {
      if (now - lingerUntil > 0) {
        closeNow();
      }
    } else if (verdict != null && phase != Phase.CLOSED) {
      connection.cause().force(verdict);
      if (!connection.output().isEmpty()) {
        reset();
      } else {
        expire();
      }
    }
  }

  /** Nothing is owed to the peer: says goodbye and does not wait for its answer. */
  private void expire() {
    SslHandler tls = connection.established() ? channel.pipeline().get(SslHandler.class) : null;
    if (tls == null || encryptionEnded) {
      closeNow();
    } else {
      encryptionEnded = true;
      phase = Phase.FLUSHING;
      tls.closeOutbound().addListener(sent -> closeNow());
    }
  }
}
