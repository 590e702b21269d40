// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ConnectionOpener;
import dev.sluice.session.bridge.EndpointOptions.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A node in memory that serves one protocol: no socket, no thread, and a clock set by hand.
 *
 * <pre>{@code
 * try (InMemoryPlatform platform = new InMemoryPlatform(new LineEcho())) {
 *   InMemoryConnection connection = platform.connect();
 *   connection.feed("hello\\n");
 *   assertThat(connection.receivedText()).isEqualTo("hello\\n");
 * }
 * }</pre>
 *
 * <p>What is between the peer and the session is a node's own engine, so that what passes here
 * passes there. Its limits are a node's defaults, but that no connection expires as idle and no cap
 * is set. Deadlines are looked at four times a second, as in a node: they are kept up to half a
 * second late.
 *
 * <p>Every execution mode runs on one {@link DeterministicExecutor}. Methods belong to the test's
 * thread. What is set here holds for the connections made afterwards.
 */
public final class InMemoryPlatform implements AutoCloseable {

  private static final int INBOUND_BUDGET = 16 << 20;
  static final Duration NEVER = Duration.ofDays(10_000);

  static final TlsInfo TLS =
      new TlsInfo(
          "TLSv1.3",
          "TLS_AES_128_GCM_SHA256",
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          List.of());

  private final CustomProtocolSubsystem protocol;
  private final DeterministicExecutor executor;
  private final List<InMemoryConnection> connections = new ArrayList<>();
  private final InMemoryOutbound outbound;
  private @Nullable Record settings;
  private RpcMap rpc = RpcMap.EMPTY;
  private Transport transport;
  private @Nullable TlsInfo tls;
  private int inboundBudget = INBOUND_BUDGET;
  private Limits limits = idle(Limits.defaults(), NEVER);
  private int softCap = Integer.MAX_VALUE;
  private int hardCap = Integer.MAX_VALUE;
  private @Nullable InMemoryInterface serving;
  private boolean started;

  /**
   * A node that serves the protocol over plaintext TCP, or over UDP if that is all it knows. Its
   * settings are the defaults of its record, as far as every component has one.
   *
   * @param protocol started before the first connection, stopped by {@link #close}
   */
  public InMemoryPlatform(CustomProtocolSubsystem protocol) {
    this(protocol, new DeterministicExecutor());
  }

  /**
   * As above, with an executor that may be shared with other platforms.
   *
   * @param protocol started before the first connection, stopped by {@link #close}
   * @param executor where everything runs
   */
  public InMemoryPlatform(CustomProtocolSubsystem protocol, DeterministicExecutor executor) {
    this.protocol = protocol;
    this.executor = executor;
    this.outbound = new InMemoryOutbound(protocol, this::open);
    this.transport = protocol.transports().contains(Transport.TCP) ? Transport.TCP : Transport.UDP;
  }

  /**
   * Sets what the session's context answers as its settings.
   *
   * @param record of the type that the protocol names
   * @return this
   */
  public InMemoryPlatform settings(Record record) {
    settings = record;
    return this;
  }

  /**
   * Sets what carries the bytes.
   *
   * @param carrier one that the protocol knows
   * @return this
   */
  public InMemoryPlatform transport(Transport carrier) {
    transport = carrier;
    return this;
  }

  /**
   * Serves as if over TLS, with nothing known of the peer.
   *
   * @return this
   */
  public InMemoryPlatform secure() {
    return tls(TLS);
  }

  /**
   * Serves as if over TLS.
   *
   * @param info what the session's context answers
   * @return this
   */
  public InMemoryPlatform tls(TlsInfo info) {
    tls = info;
    return this;
  }

  /**
   * Sets the applications that requests may be passed to.
   *
   * @param applications none without this
   * @return this
   */
  public InMemoryPlatform rpc(RpcMap applications) {
    rpc = applications;
    return this;
  }

  /**
   * Sets the marks of queued output.
   *
   * @param high bytes above which a connection is not writable; half of it makes it writable again
   * @param hard bytes above which a further write closes it as a slow consumer
   * @return this
   */
  public InMemoryPlatform outputMarks(int high, int hard) {
    return limits(
        new Limits(
            limits.idleTimeout(),
            limits.handshakeTimeout(),
            limits.slowConsumerTimeout(),
            high,
            hard,
            limits.lingerTimeout()));
  }

  /**
   * Ends connections on which nothing has moved for some time. Without it none expires by itself.
   *
   * @param timeout on the manual clock
   * @return this
   */
  public InMemoryPlatform idleTimeout(Duration timeout) {
    return limits(idle(limits, timeout));
  }

  /**
   * Sets all limits of a connection.
   *
   * @param each a node's defaults without this, but that none expires as idle
   * @return this
   */
  public InMemoryPlatform limits(Limits each) {
    limits = each;
    return this;
  }

  private static Limits idle(Limits of, Duration timeout) {
    return new Limits(
        timeout,
        of.handshakeTimeout(),
        of.slowConsumerTimeout(),
        of.highMark(),
        of.hardMark(),
        of.lingerTimeout());
  }

  /**
   * Sets how much input sessions may hold before reads pause, all of them together. Before the
   * first connection.
   *
   * @param bytes at least 1; more than that pauses the connections that have a share in it
   * @return this
   */
  public InMemoryPlatform inboundBudget(int bytes) {
    ensureNotServing();
    inboundBudget = bytes;
    return this;
  }

  /**
   * Sets how many connections there may be at once. Before the first one.
   *
   * @param soft those above this many are admitted as capped
   * @param hard those above this many are refused
   * @return this
   */
  public InMemoryPlatform caps(int soft, int hard) {
    ensureNotServing();
    softCap = soft;
    hardCap = hard;
    return this;
  }

  private void ensureNotServing() {
    if (serving != null) {
      throw new IllegalStateException("there was a connection already");
    }
  }

  /**
   * A new connection of a peer.
   *
   * @return open; its session exists only if the protocol speaks first
   * @throws IllegalStateException if the protocol can't be started, or the connection is refused
   *     over the hard cap
   */
  public InMemoryConnection connect() {
    return added(serve().accept(options(), false, false));
  }

  /**
   * A new connection of a peer whose TLS handshake has only begun.
   *
   * @return without a session until {@link InMemoryConnection#finishHandshake}
   * @throws IllegalStateException as above, and where no TLS was set
   */
  public InMemoryConnection connectHandshaking() {
    if (tls == null) {
      throw new IllegalStateException("without TLS there is no handshake");
    }
    return added(serve().accept(options(), false, true));
  }

  /**
   * A new connection over the soft cap.
   *
   * @return open; its session is made by {@code createCapped}
   * @throws IllegalStateException if the protocol can't be started
   */
  public InMemoryConnection connectCapped() {
    return added(serve().accept(options(), true, false));
  }

  /**
   * Where sessions of this platform connect to, and the protocol as a whole.
   *
   * @return the same always
   */
  public InMemoryOutbound outbound() {
    return outbound;
  }

  /**
   * What the node keeps of connections that have ended or were refused.
   *
   * @return the newest first; of many the latest only
   */
  public List<CloseRecord> closeRecords() {
    return serving == null ? List.of() : serving.closeRecords();
  }

  /**
   * Lets time pass.
   *
   * @param by not negative
   */
  public void advance(Duration by) {
    executor.advance(by);
  }

  /**
   * Where everything runs.
   *
   * @return the same for all connections
   */
  public DeterministicExecutor executor() {
    return executor;
  }

  /**
   * Ends every connection, then stops the protocol.
   *
   * @throws AssertionError if a session broke the contract, or if something of a connection is left
   *     in the node behind its end
   */
  @Override
  public void close() {
    AssertionError broken = null;
    for (InMemoryConnection connection : connections) {
      try {
        connection.close();
      } catch (AssertionError error) {
        broken = broken == null ? error : broken;
      }
    }
    connections.clear();
    stop();
    if (broken != null) {
      throw broken;
    }
    if (serving != null) {
      serving.checkRemains();
    }
  }

  /** A node with what was set for this one, and none of its connections. */
  InMemoryPlatform another(CustomProtocolSubsystem served) {
    InMemoryPlatform other = new InMemoryPlatform(served, executor);
    other.settings = settings;
    other.rpc = rpc;
    other.transport = transport;
    other.tls = tls;
    other.inboundBudget = inboundBudget;
    other.limits = limits;
    other.softCap = softCap;
    other.hardCap = hardCap;
    return other;
  }

  /** Stops the protocol, if it was started; for those who have looked at the connections. */
  private void stop() {
    if (started) {
      started = false;
      protocol.stop();
    }
  }

  private InMemoryConnection open(
      CustomProtocolSubsystem client, InMemoryOutbound.Attempt attempt, ConnectionOpener opener) {
    return added(serve().open(options(), client, attempt, opener));
  }

  InMemoryInterface.Options options() {
    return new InMemoryInterface.Options(settings, rpc, transport, tls, limits);
  }

  private InMemoryConnection added(InMemoryConnection connection) {
    // Thousands of short connections a platform are usual in tests of every split.
    connections.removeIf(InMemoryConnection::checked);
    connections.add(connection);
    return connection;
  }

  private InMemoryInterface serve() {
    start();
    InMemoryInterface now = serving;
    if (now == null) {
      InMemoryNode node = new InMemoryNode(executor, outbound, inboundBudget);
      now = new InMemoryInterface(node, protocol, softCap, hardCap);
      serving = now;
    }
    return now;
  }

  private void start() {
    if (started) {
      return;
    }
    started = true;
    if (settings == null) {
      settings = protocol.settingsType().map(SettingDefaults::of).orElse(null);
    }
    try {
      protocol.start(new InMemoryNodeContext("testkit", executor.workers(), outbound, null));
    } catch (Exception failure) {
      throw new IllegalStateException("the protocol did not start", failure);
    }
  }
}
