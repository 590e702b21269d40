// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CustomProtocolSubsystem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The in-memory platform under its own contract. Waiting moves the clock. */
final class InMemoryHarness implements PlatformHarness {

  /** What a client's kernel takes before anybody reads. */
  private static final int WINDOW = 64 << 10;

  private static final int HIGH_MARK = 64 << 10;
  private static final int HARD_MARK = 4 << 20;
  private static final int INBOUND_BUDGET = 1 << 20;
  private static final int PASS = 16 << 10;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final boolean secure;
  private final DeterministicExecutor executor = new DeterministicExecutor();
  private final Map<CustomProtocolSubsystem, InMemoryPlatform> served = new HashMap<>();
  private final List<InMemoryConnection> connections = new ArrayList<>();

  InMemoryHarness(boolean secure) {
    this.secure = secure;
  }

  @Override
  public boolean secure() {
    return secure;
  }

  @Override
  public int inboundBudget() {
    return INBOUND_BUDGET + 1;
  }

  @Override
  public Client connect(CustomProtocolSubsystem protocol) {
    return client(platform(protocol).connect());
  }

  @Override
  public Client connectCapped(CustomProtocolSubsystem protocol) {
    return client(platform(protocol).connectCapped());
  }

  @Override
  public Client connectIdle(CustomProtocolSubsystem protocol, Duration idleTimeout) {
    return client(platform(protocol).idleTimeout(idleTimeout).connect());
  }

  @Override
  public void drain(Duration deadline) {
    connections.forEach(connection -> connection.drain(deadline));
  }

  @Override
  public void close() {
    connections.forEach(InMemoryConnection::reset);
  }

  @Override
  public void await(String what, BooleanSupplier condition) {
    executor.runAll();
    Duration end = executor.clock().elapsed().plus(PATIENCE);
    while (!condition.getAsBoolean()) {
      Duration next = executor.untilNext();
      if (next == null || executor.clock().elapsed().plus(next).compareTo(end) > 0) {
        throw new AssertionError("nothing is left that could bring about: " + what);
      }
      executor.advance(next);
    }
  }

  @Override
  public void settle() {
    executor.advance(Duration.ofMillis(200));
  }

  private InMemoryPlatform platform(CustomProtocolSubsystem protocol) {
    return served.computeIfAbsent(
        protocol,
        key -> {
          InMemoryPlatform platform =
              new InMemoryPlatform(key, executor)
                  .outputMarks(HIGH_MARK, HARD_MARK)
                  .inboundBudget(INBOUND_BUDGET);
          return secure ? platform.secure() : platform;
        });
  }

  private Client client(InMemoryConnection connection) {
    connections.add(connection);
    connection.stayOpen();
    connection.stopReading();
    connection.read(WINDOW);
    return new InMemoryClient(connection);
  }

  private final class InMemoryClient implements Client {
    private final InMemoryConnection connection;
    private int taken;

    InMemoryClient(InMemoryConnection connection) {
      this.connection = connection;
    }

    @Override
    public void send(byte[] bytes) {
      for (int from = 0; from < bytes.length; from += PASS) {
        int to = Math.min(bytes.length, from + PASS);
        int middle = (from + to) / 2;
        connection.feed(
            Arrays.copyOfRange(bytes, from, middle), Arrays.copyOfRange(bytes, middle, to));
      }
    }

    @Override
    public byte[] receive(int count) {
      connection.read(count);
      await(count + " bytes", () -> connection.received().length >= taken + count);
      taken += count;
      return Arrays.copyOfRange(connection.received(), taken - count, taken);
    }

    @Override
    public byte[] receiveToEnd() {
      connection.readOn();
      await("the end", connection::outputEnded);
      if (connection.brokenOff()) {
        throw new AssertionError("broken off");
      }
      return rest();
    }

    private byte[] rest() {
      int from = taken;
      taken = connection.received().length;
      return Arrays.copyOfRange(connection.received(), from, taken);
    }

    @Override
    public void awaitEnd() {
      connection.readOn();
      await("the end", connection::outputEnded);
      rest();
    }

    @Override
    public void endOutput() {
      connection.endInput();
    }

    @Override
    public void reset() {
      connection.reset();
    }

    @Override
    public void close() {
      connection.readOn();
      connection.endInput();
    }
  }
}
