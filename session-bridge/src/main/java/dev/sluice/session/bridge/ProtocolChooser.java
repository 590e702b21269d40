// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.ProtocolDetector.Detection;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the first bytes of a plaintext connection where several protocols share the port, then
 * makes way. Keeps less than the detectors need at most, and passes on every byte from the first.
 * On the loop.
 */
final class ProtocolChooser {

  private final StreamBridge bridge;
  private final ProtocolChoice protocols;
  private final long patience;

  /** The detector whose turn it is: those before it have said no. */
  private int turn;

  /** What has come while detectors need more; counted as held input. */
  private @Nullable ByteBuf kept;

  // When the last tick saw that it was kept and might go on; 0 before the first.
  private long waitingSince;

  ProtocolChooser(StreamBridge bridge) {
    this.bridge = bridge;
    this.protocols = bridge.options().protocols();
    this.patience = bridge.options().limits().handshakeTimeout().toNanos();
  }

  /** Takes the buffer over. */
  void received(ByteBuf data) {
    Protocol found;
    try {
      found = look(data);
    } catch (Throwable noMemory) {
      data.release();
      throw noMemory;
    }
    if (found != null) {
      decide(found);
    }
    if (data.isReadable()) {
      bridge.input().deliver(data);
    } else {
      data.release();
    }
  }

  /** What can't be told yet is kept, and read from the buffer. */
  private @Nullable Protocol look(ByteBuf data) {
    ByteBuf head = kept;
    if (head != null) {
      keep(head, data);
      return inspect(head);
    }
    Protocol found = inspect(data);
    if (found == null) {
      // Copied: a few bytes would keep a whole read's buffer alive.
      int most = protocols.headBytes();
      head = bridge.allocator().buffer(most, most);
      kept = head;
      keep(head, data);
    }
    return found;
  }

  /** As much as there is room for; where something is left over, the head is long enough. */
  private void keep(ByteBuf head, ByteBuf data) {
    int bytes = Math.min(head.writableBytes(), data.readableBytes());
    head.writeBytes(data, bytes);
    bridge.heldInput().hold(bytes);
    bridge.heldMore();
  }

  /** Null as long as it can't be told. */
  private @Nullable Protocol inspect(ByteBuf head) {
    List<Protocol> asked = protocols.detecting();
    for (; turn < asked.size(); turn++) {
      Protocol candidate = asked.get(turn);
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

  private Detection ask(Protocol candidate, ByteBuf head) {
    ProtocolDetector detector = Objects.requireNonNull(candidate.detector());
    int length = Math.min(head.readableBytes(), candidate.detectorBytes());
    // A copy that nobody else has: a detector may do with it what it likes.
    ByteBuf shown = bridge.allocator().buffer(length, length);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(candidate.classLoader());
    try {
      shown.writeBytes(head, head.readerIndex(), length);
      return Objects.requireNonNull(detector.detect(shown.asReadOnly()), "detect() answered null");
    } catch (Throwable thrown) {
      bridge.endpoint().metrics().error(EndpointMetrics.Errors.DETECTOR);
      bridge.debug("detector of " + candidate.name(), thrown);
      return Detection.NOT_RECOGNISED;
    } finally {
      thread.setContextClassLoader(before);
      Buffers.release(shown);
    }
  }

  /** The choice is made: what was kept goes to its session, and what comes finds it directly. */
  private void decide(Protocol found) {
    ByteBuf head = kept;
    kept = null;
    bridge.input().chosen(found);
    if (head != null) {
      bridge.heldInput().consumed(head.readableBytes());
      bridge.input().deliver(head);
    }
  }

  /** Whether a session is still to come for what has arrived. */
  boolean keeping() {
    return kept != null;
  }

  /** A client that does not go on is served by the default, as one that can't be told. */
  void look(long now) {
    if (kept == null || bridge.closeRequested()) {
      return;
    }
    if (waitingSince == 0 || bridge.gate().pausedByNode()) {
      // What would tell may have come, and not been read.
      waitingSince = now;
    } else if (now - waitingSince >= patience) {
      decide(protocols.fallback());
      bridge.passComplete();
    }
  }

  /** The peer has ended its sending side: nothing more will tell. */
  void inputEnded() {
    if (kept != null && !bridge.closeRequested()) {
      decide(protocols.fallback());
    }
  }

  /** The connection has ended, perhaps undecided. */
  void end() {
    if (kept != null) {
      kept.release();
      kept = null;
    }
  }
}
