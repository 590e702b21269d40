// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.TlsInfo;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.StreamBridge;
import dev.sluice.session.bridge.StreamWire;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A stream in memory, as the wire of its bridge. */
final class InMemoryStream implements StreamWire, InMemoryCarrier {

  /** What the node's kernel keeps for a peer that takes nothing. */
  private static final int SEND_BUFFER = 64 << 10;

  /** What the bridge has written. */
  private record Piece(ByteBuf data, long mark) {}

  private final EventExecutor loop;
  private final Observer observer;
  private final Delivery delivery;
  private final ConnectionOptions options;
  private final ArrayDeque<Piece> queue = new ArrayDeque<>();

  /** Passes, each with its parts; one without is the peer's end. */
  private final Deque<Deque<byte[]>> arriving = new ArrayDeque<>();

  private @Nullable StreamBridge bridge;
  private long queued;
  private int flushed;
  private boolean full;
  private boolean progressed;
  private boolean readScheduled;
  private boolean established;
  private boolean ending;

  // Written by tasks, read by tests on any thread.
  private volatile boolean readsWanted = true;
  private volatile boolean ended;
  private volatile boolean closed;
  private volatile boolean brokenOff;

  // Set by the test.
  private volatile boolean staysOpen;

  InMemoryStream(
      EventExecutor loop, Observer observer, Delivery delivery, ConnectionOptions options) {
    this.loop = loop;
    this.observer = observer;
    this.delivery = delivery;
    this.options = options;
  }

  void connect(StreamBridge to) {
    bridge = to;
  }

  @Override
  public StreamBridge bridge() {
    return Objects.requireNonNull(bridge);
  }

  // ---- events

  @Override
  public void begin() {
    bridge().begin();
    bridge().registered();
    if (!options.handshaking()) {
      establish();
    }
  }

  void establish() {
    if (!established && !closed) {
      established = true;
      @Nullable TlsInfo tls = options.tls();
      bridge().established(tls);
      wantRead();
    }
  }

  @Override
  public void arrive(byte[]... parts) {
    Deque<byte[]> pass = new ArrayDeque<>(Arrays.asList(parts));
    pass.removeIf(part -> part.length == 0);
    if (!pass.isEmpty()) {
      arriving.add(pass);
      wantRead();
    }
  }

  @Override
  public void end() {
    arriving.add(new ArrayDeque<>());
    wantRead();
  }

  private void wantRead() {
    if (!readScheduled) {
      readScheduled = true;
      loop.execute(this::read);
    }
  }

  /** One pass a task, so that others have their turn in between. */
  private void read() {
    readScheduled = false;
    if (closed) {
      arriving.clear();
      return;
    }
    Deque<byte[]> next = readsWanted && established ? arriving.poll() : null;
    if (next == null) {
      return;
    }
    if (next.isEmpty()) {
      ended();
    } else {
      pass(next);
    }
    wantRead();
  }

  private void pass(Deque<byte[]> parts) {
    byte[] part;
    while (readsWanted && (part = parts.poll()) != null) {
      bridge().received(observer.arriving(part));
    }
    bridge().passComplete();
    if (!parts.isEmpty()) {
      arriving.addFirst(parts);
    }
  }

  private void ended() {
    bridge().peerEnded();
  }

  @Override
  public void reset() {
    if (!closed) {
      arriving.clear();
      bridge().failed(Ending.PEER_RESET, true);
    }
  }

  /** The kernel passes on what the peer takes. */
  @Override
  public void take() {
    while (flushed > 0 && delivery.room() > 0) {
      Piece piece = queue.element();
      byte[] bytes = new byte[(int) Math.min(delivery.room(), piece.data.readableBytes())];
      if (!observer.reads(piece.data, bytes)) {
        lose();
        bridge().outputFailed();
        return;
      }
      pass(piece, bytes);
    }
    if (full && queued < SEND_BUFFER) {
      full = false;
      bridge().takesMore();
    }
    if (ending && !ended && !closed && queue.isEmpty()) {
      endSeen();
    }
  }

  private void pass(Piece piece, byte[] bytes) {
    observer.written().left(bytes);
    delivery.deliver(bytes);
    queued -= bytes.length;
    progressed = true;
    if (!piece.data.isReadable()) {
      queue.remove();
      flushed--;
      piece.data.release();
      if (piece.mark != 0) {
        bridge().taken(piece.mark);
      }
    }
  }

  private void endSeen() {
    ended = true;
    bridge().outputEnded(true);
    if (!staysOpen && bridge().closeRequested()) {
      // As a client does that has got all it is going to get.
      end();
    }
  }

  // ---- effects

  @Override
  public boolean takesMore() {
    if (queued >= SEND_BUFFER) {
      full = true;
    }
    return !full;
  }

  @Override
  public void write(ByteBuf data, long mark) {
    if (closed) {
      data.release();
      loop.execute(bridge()::outputFailed);
      return;
    }
    queue.add(new Piece(data, mark));
    queued += data.readableBytes();
  }

  @Override
  public void flush() {
    flushed = queue.size();
    take();
  }

  @Override
  public void reads(boolean wanted) {
    readsWanted = wanted;
    if (wanted) {
      wantRead();
    }
  }

  @Override
  public void endOutput() {
    ending = true;
    if (ended) {
      // A session has ended its side by itself before it closed.
      endSeen();
    } else {
      take();
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arriving.clear();
      bridge().wireClosed();
      if (!queue.isEmpty()) {
        lose();
        bridge().outputFailed();
      }
      loop.execute(
          () -> {
            bridge().wireGone();
            observer.written().close();
          });
    }
  }

  /** What was written and not taken is lost. */
  private void lose() {
    queue.forEach(piece -> Observer.release(piece.data));
    queue.clear();
    queued = 0;
    flushed = 0;
  }

  @Override
  public void abort() {
    if (!closed) {
      brokenOff = true;
      close();
    }
  }

  @Override
  public boolean progressed() {
    boolean before = progressed;
    progressed = false;
    return before;
  }

  // ---- getters

  @Override
  public SocketAddress localAddress() {
    return InMemoryNode.ADDRESS;
  }

  @Override
  public SocketAddress remoteAddress() {
    return options.remote();
  }

  @Override
  public boolean reading() {
    return readsWanted;
  }

  @Override
  public boolean outputEnded() {
    return ended || closed;
  }

  @Override
  public boolean brokenOff() {
    return brokenOff;
  }

  /** The peer does not end its side when it has seen the node's end. */
  void stayOpen() {
    staysOpen = true;
  }
}
