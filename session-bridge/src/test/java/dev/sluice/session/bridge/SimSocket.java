// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A socket of datagrams in memory, its kernel, and the peers that it talks to. */
final class SimSocket implements DatagramWire {

  private static final int ADDRESSES = 4;

  private final Simulation sim;
  private final Choices choices;
  private final SimEndpoint home;
  private final SimLoop loop;
  private final DatagramPass pass;
  private final DatagramOutput output;
  private final Map<InetSocketAddress, SimPeer> peers = new HashMap<>();
  private final Map<DatagramBridge, SimPeer> all = new HashMap<>();
  private final List<Queued> queued = new ArrayList<>();
  private int flushed;
  private long numbers;
  private boolean gone;

  private record Queued(
      ByteBuf data, SimPeer to, int size, DatagramBridge.Told told, SimWrite write) {}

  SimSocket(Simulation sim, SimEndpoint home, SimLoop loop) {
    this.sim = sim;
    this.choices = sim.choices();
    this.home = home;
    this.loop = loop;
    this.pass = new DatagramPass(home.endpoint);
    DatagramOptions datagrams =
        new DatagramOptions(Math.min(sim.scale(), 60_000), 0, 0, choices.oneIn(3) ? 3 : 0);
    this.output = new DatagramOutput(home.endpoint, datagrams, pass, this);
  }

  void step() {
    if (loop.thread.busy || gone) {
      return;
    }
    sim.as(
        loop.thread,
        () -> {
          int roll = choices.below(600);
          if (roll < 400) {
            receive();
          } else if (roll == 599) {
            close();
          } else {
            kernelTakes(1 + choices.below(4));
          }
        });
  }

  /** False: there was nothing to bring about. */
  boolean settle() {
    if (flushed == 0 || loop.thread.busy) {
      return false;
    }
    sim.as(loop.thread, () -> kernelTakes(flushed));
    return true;
  }

  // ---- input

  private void receive() {
    pass.begin();
    for (int left = 1 + choices.below(4); left > 0; left--) {
      InetSocketAddress from = address(choices.below(ADDRESSES));
      SimPeer peer = peers.get(from);
      if (peer != null) {
        peer.bridge.catchUp();
        peer = peers.get(from);
      }
      if (peer == null) {
        peer = open(from);
      }
      if (peer != null) {
        receive(peer);
      }
      sim.interleave();
    }
    pass.complete();
  }

  private void receive(SimPeer peer) {
    ByteBuf data = sim.allocator().buffer(32);
    numbers++;
    if (choices.oneIn(8)) {
      data.writeZero(choices.below(Long.BYTES));
    } else {
      data.writeLong(numbers).writeZero(choices.below(24));
    }
    peer.bridge.received(data);
    Buffers.release(data);
  }

  private SimPeer open(InetSocketAddress from) {
    Admission.Place place = home.admit();
    if (place == null) {
      return null;
    }
    SimPeer peer = new SimPeer(sim, home, loop, from);
    peer.bridge = home.endpoint.peer(place, output, from);
    peers.put(from, peer);
    all.put(peer.bridge, peer);
    sim.add(peer);
    peer.bridge.begin();
    peer.bridge.registered();
    return peers.get(from) == peer ? peer : null;
  }

  private static InetSocketAddress address(int number) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1000 + number);
  }

  // ---- output

  @Override
  public void send(ByteBuf data, DatagramBridge to, int size, DatagramBridge.Told told) {
    SimPeer peer = all.get(to);
    if (peer.goneTold) {
      sim.fail(peer + ": a datagram is sent behind the end");
    }
    SimWrite write = peer.sentOff(data);
    if (data.readableBytes() != size) {
      sim.fail(peer + ": " + size + " bytes are sent of " + data.readableBytes());
    }
    queued.add(new Queued(data, peer, size, told, write));
    sim.interleave();
  }

  @Override
  public void flush() {
    flushed = queued.size();
    if (choices.oneIn(3)) {
      kernelTakes(flushed);
    }
    sim.interleave();
  }

  /** Of what was flushed; what became of it is told in any order. */
  private void kernelTakes(int most) {
    for (int left = Math.min(most, flushed); left > 0 && flushed > 0; left--) {
      Queued next = queued.remove(choices.below(flushed));
      flushed--;
      boolean success = next.data.refCnt() > 0 && !choices.oneIn(10);
      Buffers.release(next.data);
      next.write.taken = success;
      next.to.bridge.sent(next.size, next.told, success);
    }
  }

  @Override
  public void forget(DatagramBridge peer) {
    SimPeer forgotten = all.get(peer);
    if (forgotten.forgotten) {
      sim.fail(forgotten + ": forgotten twice");
    }
    forgotten.forgotten = true;
    peers.remove(forgotten.address, forgotten);
    sim.interleave();
  }

  @Override
  public void gone(DatagramBridge peer) {
    SimPeer over = all.get(peer);
    if (over.goneTold || !over.forgotten) {
      sim.fail(over + ": gone twice, or not forgotten before");
    }
    over.goneTold = true;
    sim.interleave();
  }

  /** The socket is closed below. */
  void close() {
    sim.as(
        loop.thread,
        () -> {
          gone = true;
          for (SimPeer peer : new ArrayList<>(all.values())) {
            peer.bridge.socketGone();
          }
          while (!queued.isEmpty()) {
            Queued next = queued.remove(0);
            Buffers.release(next.data);
            next.to.bridge.sent(next.size, next.told, false);
          }
          flushed = 0;
          output.discard();
        });
  }

  @Override
  public SocketAddress localAddress() {
    return null;
  }

  @Override
  public EventExecutor loop() {
    return loop;
  }

  @Override
  public ByteBufAllocator allocator() {
    return sim.allocator();
  }
}
