// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.ProtocolDetector.Detection;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the first bytes of a plaintext connection where several protocols share the port, then
 * makes way. Keeps less than the detectors need at most, and passes on every byte from the first.
 * On the loop.
 */
final class HeadInspector extends ChannelInboundHandlerAdapter {

  private final StreamConnection connection;
  private final ServedProtocols protocols;
  private final long patience;
  private @Nullable ChannelHandlerContext ctx;

  /** The detector whose turn it is: those before it have said no. */
  private int turn;

  /** What has come while detectors need more; counted as held input. */
  private @Nullable ByteBuf kept;

  private long keptSince;

  HeadInspector(StreamConnection connection) {
    this.connection = connection;
    this.protocols = connection.bridge().options().protocols();
    this.patience = connection.bridge().limits().handshakeTimeout().toNanos();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    ctx = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext read, Object message) {
    ByteBuf data = (ByteBuf) message;
    if (!connection.arrived(data)) {
      return;
    }
    ByteBuf head = kept;
    if (head == null) {
      SessionProtocol found = inspect(data);
      if (found == null) {
        // Copied: a few bytes would keep a whole read's buffer alive.
        int most = protocols.headBytes();
        head = read.alloc().buffer(most, most);
        kept = head;
        keptSince = System.nanoTime();
        keep(head, data);
        data.release();
      } else {
        decide(found);
        connection.deliver(data);
      }
      return;
    }
    keep(head, data);
    SessionProtocol found = inspect(head);
    if (found != null) {
      decide(found);
    }
    if (data.isReadable()) {
      connection.deliver(data);
    } else {
      data.release();
    }
  }

  /** As much as there is room for; where something is left over, the head is long enough. */
  private void keep(ByteBuf head, ByteBuf data) {
    int bytes = Math.min(head.writableBytes(), data.readableBytes());
    head.writeBytes(data, bytes);
    connection.gate().hold(bytes);
  }

  /** Null as long as it can't be told. */
  private @Nullable SessionProtocol inspect(ByteBuf head) {
    List<SessionProtocol> asked = protocols.detecting();
    for (; turn < asked.size(); turn++) {
      SessionProtocol candidate = asked.get(turn);
      Detection said = ask(candidate, head);
      if (said == Detection.RECOGNISED) {
        return candidate;
      }
      if (said == Detection.NEED_MORE && head.readableBytes() < candidate.detectorBytes()) {
        return null;
      }
    }
    return protocols.fallback();
  }

  private Detection ask(SessionProtocol candidate, ByteBuf head) {
    ProtocolDetector detector = Objects.requireNonNull(candidate.detector());
    int length = Math.min(head.readableBytes(), candidate.detectorBytes());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(candidate.classLoader());
    try {
      return Objects.requireNonNull(
          detector.detect(head.slice(head.readerIndex(), length).asReadOnly()),
          "detect() answered null");
    } catch (Throwable thrown) {
      connection.bridge().metrics().error(InterfaceMetrics.Errors.DETECTOR);
      connection.bridge().debug(connection, "detector of " + candidate.name(), thrown);
      return Detection.NOT_RECOGNISED;
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** The choice is made: what was kept goes to its session, and what comes finds it directly. */
  private void decide(SessionProtocol found) {
    ByteBuf head = kept;
    kept = null;
    connection.chosen(found);
    Objects.requireNonNull(ctx).pipeline().remove(this);
    if (head != null) {
      connection.gate().consumed(head.readableBytes());
      connection.deliver(head);
    }
  }

  /** Whether a session is still to come for what has arrived. */
  boolean keeping() {
    return kept != null;
  }

  /** A client that does not go on is served by the default, as one that can't be told. */
  void sweep(long now) {
    if (kept == null || connection.closeRequested()) {
      return;
    }
    if (connection.gate().pausedByNode()) {
      // What would tell may have come, and not been read.
      keptSince = now;
    } else if (now - keptSince >= patience) {
      decide(protocols.fallback());
      connection.passComplete();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext from, Object event) {
    if (event instanceof ChannelInputShutdownEvent
        && kept != null
        && !connection.closeRequested()) {
      decide(protocols.fallback());
      connection.passComplete();
    }
    from.fireUserEventTriggered(event);
  }

  /** Also where the connection ended undecided. */
  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    if (kept != null) {
      kept.release();
      kept = null;
    }
  }
}
