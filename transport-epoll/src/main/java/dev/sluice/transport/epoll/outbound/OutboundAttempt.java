// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.api.Session;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.transport.epoll.tls.ClientCertificates.Shown;
import dev.sluice.transport.epoll.tls.ClientContexts;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to open a connection, until an address has taken it or none does; what follows is the
 * work of {@link OutboundHandover}. On the loop that the connection will live on, but where it says
 * otherwise.
 *
 * <pre>
 *   CREDENTIALS  the context of TLS is there  → NAME       (at once without TLS)
 *   NAME         there are addresses          → ADDRESSES  (at once for an address)
 *   ADDRESSES    one has taken the connection → OutboundHandover; the deadline is off, the
 *                                               connection's clock minds the handshake
 *   any          failed, deadline, drain, given up → over: nothing is left of it
 * </pre>
 */
final class OutboundAttempt<S extends Session> implements AddressRace.Outcome {

  private final OutboundConnections owner;
  private final EventLoop loop;
  private final OutboundTarget target;
  private final OutboundOptions options;
  private final Admission.Place place;
  private final OutboundAnswer<S> answer;
  private final TargetTable.Open open;
  private final long began = System.nanoTime();
  private final OutboundHandover<S> handover;

  // Loop only.
  private boolean over;
  private boolean resolving;
  private @Nullable Future<?> deadline;
  private @Nullable SslContext context;
  private @Nullable CertificateVersion shown;
  private @Nullable EndpointOptions served;
  private @Nullable AddressRace race;

  /**
   * @param protocols the preferred one first; the last is spoken where TLS does not say
   */
  OutboundAttempt(
      OutboundConnections owner,
      EventLoop loop,
      OutboundTarget target,
      OutboundOptions options,
      List<Protocol> protocols,
      Admission.Place place) {
    this.owner = owner;
    this.loop = loop;
    this.target = target;
    this.options = options;
    this.place = place;
    TargetTable.Row figures = owner.targets().row(target, options.foreignTarget());
    this.open = figures.begin();
    this.answer = new OutboundAnswer<>(target, owner.endpoint().metrics(), figures);
    this.handover =
        new OutboundHandover<>(
            owner, target, options, protocols, answer, open, () -> onLoop(this::givenUp));
    answer
        .stage()
        .whenComplete(
            (made, failure) -> {
              if (failure != null && !(failure instanceof OutboundException)) {
                onLoop(this::givenUp);
              }
            });
  }

  /** Any thread. */
  CompletableFuture<OutboundConnection<S>> stage() {
    return answer.stage();
  }

  void begin() {
    if (over) {
      return;
    }
    deadline =
        loop.schedule(
            this::expired,
            options.connectTimeout().orElse(owner.settings().connectTimeout()).toNanos(),
            TimeUnit.NANOSECONDS);
    OutboundTls tls = options.tls().orElse(null);
    if (tls == null) {
      resolve();
    } else {
      findContext(tls);
    }
  }

  // ---- CREDENTIALS

  private void findContext(OutboundTls tls) {
    String name = tls.certificate().orElse(null);
    Shown own = name == null ? null : owner.certificates().shown(name);
    if (name != null && own == null) {
      fail(Kind.CREDENTIALS_UNAVAILABLE, "there is no certificate '" + name + "' to show", null);
      return;
    }
    shown = own == null ? null : own.version();
    ClientContexts.Key key = ClientContexts.Key.of(tls, handover.alpn(tls), own);
    SslContext found = owner.contexts().find(key);
    if (found != null) {
      hasContext(found);
      return;
    }
    onHelper(
        () -> {
          try {
            SslContext made = owner.contexts().make(key, own);
            if (!onLoop(() -> hasContext(made))) {
              ClientContexts.release(made);
            }
          } catch (SSLException | RuntimeException e) {
            onLoop(() -> fail(Kind.CREDENTIALS_UNAVAILABLE, String.valueOf(e.getMessage()), e));
          }
        });
  }

  private void hasContext(SslContext made) {
    if (over) {
      ClientContexts.release(made);
      return;
    }
    context = made;
    resolve();
  }

  // ---- NAME

  private void resolve() {
    if (target.isAddress()) {
      try {
        // No look-up: it is an address.
        InetAddress address = InetAddress.getByName(target.host());
        race(List.of(new InetSocketAddress(address, target.port())));
      } catch (UnknownHostException e) {
        fail(Kind.NAME_NOT_RESOLVED, String.valueOf(e.getMessage()), e);
      }
      return;
    }
    resolving = true;
    if (owner.names().ready()) {
      lookUp();
    } else {
      onHelper(
          () -> {
            owner.names().prepare();
            onLoop(this::lookUp);
          });
    }
  }

  private void lookUp() {
    if (over) {
      return;
    }
    owner
        .names()
        .lookUp(loop, target.host(), target.port())
        .addListener(
            (Future<List<InetSocketAddress>> found) -> {
              resolving = false;
              if (over) {
                return;
              }
              if (found.isSuccess() && !found.getNow().isEmpty()) {
                race(found.getNow());
              } else {
                fail(Kind.NAME_NOT_RESOLVED, Ending.describe("no address", found.cause()), null);
              }
            });
  }

  // ---- ADDRESSES

  private void race(List<InetSocketAddress> addresses) {
    EndpointOptions own = owner.served(handover.choice(), options);
    served = own;
    AddressRace begun =
        new AddressRace(loop, addresses, channel -> owner.configure(channel, own.secure()), this);
    race = begun;
    begun.start();
  }

  @Override
  public void lost(Map<InetSocketAddress, Throwable> failures) {
    fail(OutboundFailure.ofAddresses(failures));
  }

  @Override
  public void won(Channel channel) {
    EndpointOptions own = Objects.requireNonNull(served);
    stopDeadline();
    owner.over(this);
    try {
      handover.take(channel, place, own, context, shown);
    } catch (Throwable failed) {
      fail(Kind.SESSION_FAILED, Ending.describe("not set up", failed), failed);
    } finally {
      over = true;
      releaseContext();
    }
  }

  // ---- how it ends

  private void expired() {
    if (resolving) {
      fail(Kind.NAME_NOT_RESOLVED, "no name server answered in time", null);
    } else {
      fail(Kind.CONNECT_TIMEOUT, "no address took the connection in time", null);
    }
  }

  /** Any thread: the node is going to stop. */
  void drained() {
    answer.refuse(OutboundFailure.DRAINING);
    if (!onLoop(this::finish)) {
      finish();
    }
  }

  /** Whoever wanted the connection does not any more. */
  private void givenUp() {
    finish();
    handover.abort();
  }

  private void fail(Kind kind, String words, @Nullable Throwable cause) {
    fail(new OutboundFailure(kind, words, cause));
  }

  private void fail(OutboundFailure failure) {
    boolean first = !over;
    // Before anybody hears of it: what it took is free then.
    finish();
    if (first) {
      record(failure);
    }
    answer.refuse(failure);
  }

  private void record(OutboundFailure failure) {
    boolean late = failure.kind() == Kind.CONNECT_TIMEOUT;
    boolean ours = late && options.connectTimeout().isEmpty();
    owner
        .endpoint()
        .notOpened(
            target.toString(),
            handover.choice().names(),
            failure.ending(ours ? "outbound.connect_timeout" : null),
            Duration.ofNanos(System.nanoTime() - began));
  }

  private void finish() {
    if (over) {
      return;
    }
    over = true;
    owner.over(this);
    stopDeadline();
    if (race != null) {
      race.cancel();
    }
    releaseContext();
    open.over();
    place.release();
  }

  private void stopDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  private void releaseContext() {
    ClientContexts.release(context);
    context = null;
  }

  private void onHelper(Runnable task) {
    try {
      owner.helper().execute(task);
    } catch (RejectedExecutionException nodeHasEnded) {
      drained();
    }
  }

  /** False: the loop has ended. */
  private boolean onLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
      return true;
    }
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException loopHasEnded) {
      return false;
    }
  }
}
