// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.transport.epoll.ClientCertificates.Shown;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to open a connection, until its session is made or cannot be. On the loop that the
 * connection will live on, but where it says otherwise.
 *
 * <pre>
 *   CREDENTIALS  the context of TLS is there  → NAME       (at once without TLS)
 *   NAME         there are addresses          → ADDRESSES  (at once for an address)
 *   ADDRESSES    one has taken the connection → a StreamConnection; the deadline is off, its own
 *                                               clock minds the handshake
 *   any          failed, deadline, drain, given up → over: nothing is left of it
 * </pre>
 */
final class OutboundAttempt<S extends Session>
    implements AddressRace.Outcome, SessionBridge.Opener {

  private final OutboundConnections owner;
  private final EventLoop loop;
  private final OutboundTarget target;
  private final OutboundOptions options;

  /** The preferred one first; the last is spoken where TLS does not say. */
  private final List<ClientProtocol<S>> protocols;

  private final InboundAdmission.Place place;
  private final CompletableFuture<OutboundConnection<S>> stage = new CompletableFuture<>();

  // Loop only.
  private boolean over;
  private boolean resolving;
  private @Nullable Future<?> deadline;
  private @Nullable SslContext context;
  private @Nullable CertificateVersion shown;
  private @Nullable SessionBridge bridge;
  private @Nullable AddressRace race;
  private @Nullable StreamConnection connection;

  // In the session's order.
  private @Nullable OutboundConnection<S> made;

  OutboundAttempt(
      OutboundConnections owner,
      EventLoop loop,
      OutboundTarget target,
      OutboundOptions options,
      List<ClientProtocol<S>> protocols,
      InboundAdmission.Place place) {
    this.owner = owner;
    this.loop = loop;
    this.target = target;
    this.options = options;
    this.protocols = protocols;
    this.place = place;
    stage.whenComplete(
        (made, failure) -> {
          if (failure != null && !(failure instanceof OutboundException)) {
            onLoop(this::givenUp);
          }
        });
  }

  /** Any thread. */
  CompletableFuture<OutboundConnection<S>> stage() {
    return stage;
  }

  /** What a kind of failure is counted as. */
  static String counter(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
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
    ClientContexts.Key key = ClientContexts.Key.of(tls, alpn(tls), own);
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

  private List<String> alpn(OutboundTls tls) {
    return tls.alpn().isEmpty()
        ? protocols.stream().flatMap(protocol -> protocol.alpn().stream()).distinct().toList()
        : tls.alpn();
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
    InterfaceOptions bridged = owner.options(served(), options);
    SessionBridge own = owner.bridge().forOne(bridged, this);
    bridge = own;
    AddressRace begun = new AddressRace(loop, addresses, own::configure, this);
    race = begun;
    begun.start();
  }

  private ServedProtocols served() {
    List<SessionProtocol> all = new ArrayList<>(protocols.size());
    for (ClientProtocol<S> protocol : protocols) {
      all.add(
          new SessionProtocol(
              protocol.name(),
              new Client(protocol),
              protocol.execution(),
              true,
              protocol.alpn(),
              null,
              0,
              options.settings().orElse(null),
              protocol.classLoader()));
    }
    SessionProtocol last = all.get(all.size() - 1);
    // Without TLS there is no word of the peer's to choose by.
    return options.tls().isPresent() ? ServedProtocols.of(all, last) : ServedProtocols.only(last);
  }

  @Override
  public void lost(Map<InetSocketAddress, Throwable> failures) {
    fail(OutboundFailure.ofAddresses(failures));
  }

  @Override
  public void won(Channel channel) {
    SessionBridge own = Objects.requireNonNull(bridge);
    stopDeadline();
    owner.over(this);
    try {
      own.connected(
          channel,
          place,
          begun -> {
            connection = begun;
            addTls(channel, begun);
          });
      if (owner.draining() && connection != null) {
        // The drain may have gone through the connections before this one was there.
        connection.writer().close(Ending.DRAINED);
      }
    } catch (RuntimeException e) {
      fail(Kind.SESSION_FAILED, Ending.describe("not set up", e), e);
    } finally {
      over = true;
      releaseContext();
    }
  }

  private void addTls(Channel channel, StreamConnection begun) {
    OutboundTls tls = options.tls().orElse(null);
    SslContext of = context;
    if (tls == null || of == null) {
      return;
    }
    String name = withoutDot(tls.serverName().orElse(target.host()));
    if (!TlsPolicy.isAddress(name)) {
      channel.attr(ServerNameHolder.KEY).set(new ServerNameHolder(name));
    }
    if (shown != null) {
      begun.servedWith(shown);
    }
    SslHandler handler =
        TlsPolicy.clientHandler(of, channel.alloc(), name, target.port(), tls.verifies());
    // The sweep knows the deadline.
    handler.setHandshakeTimeoutMillis(0);
    boolean alpnRequired = !tls.alpn().isEmpty() && tls.alpnRequired();
    // TLS last: it begins when it is added, and what comes of it has to be heard.
    channel
        .pipeline()
        .addBefore(SessionBridge.SESSION, "edge", new SocketEdge(begun))
        .addBefore(
            SessionBridge.SESSION, "handshake", new HandshakeWatch(this, begun, alpnRequired))
        .addAfter("edge", "tls", handler);
  }

  private static String withoutDot(String name) {
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  // ---- how it ends

  /** Makes the session, in its order. */
  private final class Client implements CustomProtocolSubsystem {
    private final ClientProtocol<S> protocol;

    Client(ClientProtocol<S> protocol) {
      this.protocol = protocol;
    }

    @Override
    public String name() {
      return protocol.name();
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      try {
        S session = Objects.requireNonNull(protocol.factory().create(id, writer), "no session");
        made = new OutboundConnection<>(session, writer.context(id));
        return session;
      } catch (Throwable failed) {
        refuse(
            new OutboundFailure(
                Kind.SESSION_FAILED, Ending.describe("the factory failed", failed), failed));
        throw failed;
      }
    }
  }

  @Override
  public void sessionMade(Session session) {
    OutboundConnection<S> stands = Objects.requireNonNull(made);
    if (!stage.complete(stands)) {
      onLoop(this::givenUp);
    }
  }

  /** TLS does not stand; the connection ends by itself. */
  void handshakeFailed(Throwable cause) {
    CloseReason reason = Objects.requireNonNull(connection).cause().ending().reason();
    refuse(OutboundFailure.ofHandshake(cause, reason, offered()));
  }

  /** The peer has chosen none of the names. */
  void notChosen() {
    refuse(OutboundFailure.notNegotiated(offered()));
  }

  private List<String> offered() {
    return options.tls().map(this::alpn).orElse(List.of());
  }

  /** Behind the last call into the session, or in place of it: a stage never stays open. */
  @Override
  public void ended(Ending ending) {
    refuse(OutboundFailure.ofEnd(ending.reason()));
  }

  private void expired() {
    if (resolving) {
      fail(Kind.NAME_NOT_RESOLVED, "no name server answered in time", null);
    } else {
      fail(Kind.CONNECT_TIMEOUT, "no address took the connection in time", null);
    }
  }

  /** Any thread: the node is going to stop. */
  void drained() {
    refuse(OutboundFailure.DRAINING);
    if (!onLoop(this::finish)) {
      finish();
    }
  }

  /** Whoever wanted the connection does not any more. */
  private void givenUp() {
    finish();
    if (connection != null) {
      connection.writer().abort(Ending.of(CloseReason.TERMINATED));
    }
  }

  private void fail(Kind kind, String words, @Nullable Throwable cause) {
    fail(new OutboundFailure(kind, words, cause));
  }

  private void fail(OutboundFailure failure) {
    // Before anybody hears of it: what it took is free then.
    finish();
    refuse(failure);
  }

  /** Any thread: tells whoever waits, if nobody has before. */
  private void refuse(OutboundFailure failure) {
    if (!stage.isDone()) {
      // Counted first, so that who hears of it finds it counted.
      owner.bridge().metrics().error(counter(failure.kind()));
      String message = target + ": " + Ending.bounded(failure.words());
      stage.completeExceptionally(new OutboundException(failure.kind(), message, failure.cause()));
    }
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
