// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.rpc.RpcMap;
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
 * <p>Every execution mode runs on one {@link DeterministicExecutor}. Methods belong to the test's
 * thread. What is set here holds for the connections made afterwards.
 */
public final class InMemoryPlatform implements AutoCloseable {

  private static final int HIGH_MARK = 256 << 10;
  private static final int HARD_MARK = 16 << 20;
  private static final int INBOUND_BUDGET = 1 << 20;

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
  private int highMark = HIGH_MARK;
  private int hardMark = HARD_MARK;
  private int inboundBudget = INBOUND_BUDGET;
  private @Nullable Duration idleTimeout;
  private boolean started;
  private long lastId;

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
    highMark = high;
    hardMark = hard;
    return this;
  }

  /**
   * Sets how much input a session may hold before reads pause.
   *
   * @param bytes at least 1
   * @return this
   */
  public InMemoryPlatform inboundBudget(int bytes) {
    inboundBudget = bytes;
    return this;
  }

  /**
   * Ends connections on which nothing has moved for some time. Without it none expires by itself.
   *
   * @param timeout on the manual clock
   * @return this
   */
  public InMemoryPlatform idleTimeout(Duration timeout) {
    idleTimeout = timeout;
    return this;
  }

  /**
   * A new connection of a peer.
   *
   * @return open; its session exists only if the protocol speaks first
   * @throws IllegalStateException if the protocol can't be started
   */
  public InMemoryConnection connect() {
    return connect(false);
  }

  /**
   * A new connection over the soft cap.
   *
   * @return open; its session is made by {@code createCapped}
   * @throws IllegalStateException if the protocol can't be started
   */
  public InMemoryConnection connectCapped() {
    return connect(true);
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
   * @throws AssertionError if a session broke the contract
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
  }

  /** Stops the protocol, if it was started; for those who have looked at the connections. */
  private void stop() {
    if (started) {
      started = false;
      protocol.stop();
    }
  }

  private InMemoryConnection connect(boolean capped) {
    start();
    return connect(++lastId, protocol, settings, rpc, transport, tls, capped);
  }

  private InMemoryConnection open(
      CustomProtocolSubsystem client, InMemoryOutbound.Attempt attempt) {
    return connect(
        - ++lastId,
        client,
        attempt.options().settings().orElse(null),
        RpcMap.EMPTY,
        Transport.TCP,
        attempt.tls(),
        false);
  }

  private InMemoryConnection connect(
      long id,
      CustomProtocolSubsystem served,
      @Nullable Record bound,
      RpcMap applications,
      Transport carrier,
      @Nullable TlsInfo agreed,
      boolean capped) {
    // Thousands of short connections a platform are usual in tests of every split.
    connections.removeIf(InMemoryConnection::checked);
    ConnectionOptions options =
        new ConnectionOptions(
            id,
            served,
            bound,
            applications,
            outbound,
            carrier,
            agreed,
            capped,
            highMark,
            hardMark,
            inboundBudget,
            idleTimeout);
    InMemoryConnection connection = new InMemoryConnection(options, executor);
    connections.add(connection);
    return connection;
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
      protocol.start(new InMemoryNodeContext("testkit", executor, outbound));
    } catch (Exception failure) {
      throw new IllegalStateException("the protocol did not start", failure);
    }
  }
}
