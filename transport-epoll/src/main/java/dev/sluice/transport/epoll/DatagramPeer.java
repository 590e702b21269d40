// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The peer behind one address, between its socket and its session. It is there from its first
 * datagram until its session closes it, it has been silent for too long, or the node ends. Runs on
 * the loop but where it says otherwise.
 */
final class DatagramPeer implements Connection {

  /** What a waiting datagram costs beside its bytes: without it nothing would bound empty ones. */
  private static final int OVERHEAD = 256;

  private final DatagramEndpoint endpoint;
  private final ConnId id;
  private final InetSocketAddress remote;
  private final EventLoop loop;
  private final long openedAtMillis;
  private final InboundAdmission.Place place;
  private final DatagramWriter writer;
  private final SessionCalls calls;
  private final HeldInput held;
  private final Timers timers = new Timers();
  private final ConnectionClock clock;
  private final @Nullable AmplificationGuard guard;

  // Bytes and overhead of datagrams that wait for the session; the loop adds, its turn takes away.
  private final AtomicInteger waiting = new AtomicInteger();

  // Any thread writes, the close record reads.
  private volatile @Nullable String note;

  // Set on the loop; writers on any thread are refused from then on.
  private volatile boolean gone;

  // Said by the session on any thread, read on the loop.
  private volatile boolean paused;

  // Loop only.
  private boolean inPass;
  private boolean heardFrom;
  private boolean forgotten;
  private int inFlight;
  private long lingersUntil;
  private @Nullable Set<DatagramWrite> watched;

  // Written on the loop, read by whoever lists connections.
  private long bytesIn;
  private long bytesOut;
  private long bytesInFlight;

  // Written on the loop before gone.
  private long closedAt;

  DatagramPeer(
      DatagramEndpoint endpoint,
      ConnId id,
      InetSocketAddress remote,
      EventLoop loop,
      InboundAdmission.Place place) {
    this.endpoint = endpoint;
    this.id = id;
    this.remote = remote;
    this.loop = loop;
    this.openedAtMillis = System.currentTimeMillis();
    this.place = place;
    DatagramServer server = endpoint.server();
    this.writer = new DatagramWriter(this, loop, server.datagrams().maxSize());
    this.calls = new SessionCalls(this, loop);
    this.held = new HeldInput(server.transport().inboundBudget());
    this.clock = new ConnectionClock(server.bridge().limits(), System.nanoTime());
    int times = server.datagrams().amplification();
    this.guard = times == 0 ? null : new AmplificationGuard(times);
  }

  // ---- on the loop: datagrams

  /** One datagram; the buffer stays the caller's. */
  void receive(ByteBuf data) {
    heardFrom = true;
    bytesIn += data.readableBytes();
    if (guard != null) {
      guard.received(data.readableBytes());
    }
    if (closeRequested()) {
      return;
    }
    if (paused || (held.bytes() > 0 && budget().exhausted())) {
      overflow();
      return;
    }
    if (!inPass) {
      inPass = true;
      endpoint.pass().add(this);
    }
    if (!calls.deliverNow(data)) {
      queue(data);
    }
  }

  private void queue(ByteBuf data) {
    if (budget().exhausted() || waiting.get() > endpoint.server().queueLimit()) {
      overflow();
    } else {
      int bytes = data.readableBytes();
      calls.queue(endpoint.channel().alloc().buffer(bytes).writeBytes(data));
    }
  }

  /** The newest is dropped: what waits is older and may still be answered. */
  private void overflow() {
    bridge().metrics().error(InterfaceMetrics.Errors.QUEUE_OVERFLOW);
  }

  private InboundBudget budget() {
    return endpoint.server().transport().inboundBudget();
  }

  @Override
  public void inputQueued(int bytes) {
    waiting.addAndGet(bytes + OVERHEAD);
    budget().add(bytes + OVERHEAD);
  }

  @Override
  public void inputProcessed(int bytes) {
    waiting.addAndGet(-(bytes + OVERHEAD));
    budget().release(bytes + OVERHEAD);
  }

  void passComplete() {
    inPass = false;
    calls.incomingComplete();
  }

  // ---- on the loop: output

  /** A datagram that was reserved. */
  void write(ByteBuf data, int size, @Nullable WriteCompletion completion) {
    if (gone || forgotten) {
      data.release();
      endpoint.output().takeBack(size);
      complete(completion, false);
      return;
    }
    inFlight++;
    bytesInFlight += size;
    DatagramWrite write = new DatagramWrite(endpoint.channel(), this, size, completion);
    if (completion != null) {
      if (watched == null) {
        watched = new HashSet<>();
      }
      watched.add(write);
    }
    endpoint.output().write(data, remote, write);
  }

  /** The kernel took it, or will never. */
  void written(DatagramWrite write, boolean sent) {
    inFlight--;
    bytesInFlight -= write.size();
    if (sent) {
      bytesOut += write.size();
    }
    endpoint.output().completed(write.size(), sent);
    WriteCompletion completion = write.takeCompletion();
    if (completion != null) {
      if (watched != null) {
        watched.remove(write);
      }
      complete(completion, sent);
    }
    if (inFlight == 0 && forgotten) {
      finish();
    }
  }

  private void complete(@Nullable WriteCompletion completion, boolean sent) {
    if (completion != null) {
      calls.complete(completion, sent);
    }
  }

  // ---- on the loop: the end

  /** Works off what other threads have handed over. */
  void catchUp() {
    writer.drain();
  }

  /** After the close was asked for: what was written goes out, then the session hears its end. */
  void beginClose() {
    if (gone || forgotten) {
      return;
    }
    forget();
    endpoint.flush();
    if (inFlight == 0) {
      finish();
    } else {
      lingersUntil = System.nanoTime() + bridge().limits().lingerTimeout().toNanos();
    }
  }

  /** After the close was asked for, without waiting for the socket. */
  void endNow() {
    if (!gone) {
      forget();
      finish();
    }
  }

  /** The socket was closed below. */
  void socketGone() {
    writer.cause().request(Ending.of(CloseReason.INTERNAL_ERROR, "the socket was closed"));
    endNow();
  }

  /** What comes from its address from now on is for another. */
  private void forget() {
    if (!forgotten) {
      forgotten = true;
      endpoint.forget(this);
      place.release();
    }
  }

  private void finish() {
    if (gone) {
      return;
    }
    writer.close();
    closedAt = System.nanoTime();
    gone = true;
    endpoint.output().forget(this);
    if (watched != null) {
      List<DatagramWrite> unknown = new ArrayList<>(watched);
      watched = null;
      unknown.forEach(write -> complete(write.takeCompletion(), false));
    }
    endpoint.server().closed(this);
    calls.end(
        ending -> {
          timers.end();
          held.release();
          bridge().ended(this, ending);
        });
  }

  /**
   * Only what comes from the peer keeps it: that the kernel takes what is sent to an address says
   * nothing of anybody being there.
   */
  @Override
  public void sweep(long now) {
    if (forgotten) {
      if (now - lingersUntil >= 0) {
        finish();
      }
      return;
    }
    clock.observe(now, heardFrom, true, calls.busy());
    heardFrom = false;
    Ending verdict = clock.verdict(now, true, endpoint.server().transport().requestTimeoutNanos());
    if (verdict != null) {
      writer.abort(verdict);
    }
  }

  @Override
  public void flushNow() {
    endpoint.flush();
  }

  // ---- any thread

  DatagramEndpoint endpoint() {
    return endpoint;
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public InetSocketAddress localAddress() {
    return endpoint.local();
  }

  @Override
  public ConnectionState state() {
    if (gone) {
      return ConnectionState.ENDED;
    }
    return closeRequested() ? ConnectionState.CLOSING : ConnectionState.OPEN;
  }

  @Override
  public long openedAtMillis() {
    return openedAtMillis;
  }

  @Override
  public long age() {
    return clock.age(gone ? closedAt : System.nanoTime());
  }

  @Override
  public long sinceEnd() {
    return System.nanoTime() - closedAt;
  }

  @Override
  public long bytesIn() {
    return bytesIn;
  }

  @Override
  public long bytesOut() {
    return bytesOut;
  }

  @Override
  public long queuedOut() {
    return bytesInFlight;
  }

  /** With what each waiting datagram costs. */
  @Override
  public long waitingIn() {
    return (long) waiting.get() + held.bytes();
  }

  @Override
  public boolean readsPaused() {
    return paused;
  }

  @Nullable AmplificationGuard guard() {
    return guard;
  }

  HeldInput heldInput() {
    return held;
  }

  void pause(boolean wanted) {
    paused = wanted;
  }

  @Override
  public ConnId id() {
    return id;
  }

  @Override
  public SessionBridge bridge() {
    return endpoint.server().bridge();
  }

  @Override
  public DatagramWriter writer() {
    return writer;
  }

  @Override
  public SessionCalls calls() {
    return calls;
  }

  @Override
  public Timers timers() {
    return timers;
  }

  @Override
  public boolean capped() {
    return place.capped();
  }

  @Override
  public EventLoop loop() {
    return loop;
  }

  @Override
  public boolean gone() {
    return gone;
  }

  @Override
  public void peerVerified() {
    if (guard != null) {
      guard.verified();
    }
  }

  @Override
  public boolean writable() {
    return endpoint.output().belowMark();
  }

  @Override
  public int held() {
    return held.bytes();
  }

  @Override
  public void note(String text) {
    note = text;
  }

  @Override
  public @Nullable String note() {
    return note;
  }

  @Override
  public ConnectionContext describe(@Nullable TlsInfo tls) {
    return new ConnectionContext(
        this, endpoint.channel(), Transport.UDP, endpoint.local(), remote, tls);
  }
}
