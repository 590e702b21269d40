// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.testkit.ConversationScript.Exchange;
import dev.sluice.testkit.PartyScript.Block;
import dev.sluice.testkit.PartyScript.Send;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/**
 * What sessions owe on threads of their own, several of them at the same time. What each client
 * does is the same for the same seed, and who comes first is not.
 */
final class ThreadsRule {

  /** More of them find rarer races. */
  private static final int ROUNDS = Integer.getInteger("sluice.testkit.rounds", 20);

  private static final int CLIENTS = 4;
  private static final int FOREIGN = 20;
  private static final int PAUSE_NANOS = 100_000;

  /** What a client does on a thread of its own. */
  private interface Client {
    void run(Random random);
  }

  private final SessionTrials trials;
  private final ConversationScript script;
  private final Optional<PartyScript> parties;

  ThreadsRule(SessionTrials trials, Optional<PartyScript> parties) {
    this.trials = trials;
    this.script = trials.script();
    this.parties = parties;
  }

  void check() {
    trials.each(
        platform -> {
          for (int round = 0; round < ROUNDS; round++) {
            String when = "on threads, round " + round + ", seed " + trials.seed() + ": ";
            long seed = trials.seed() + (long) round * CLIENTS;
            try {
              play(platform, seed);
              disturb(platform, seed);
            } catch (AssertionError failure) {
              throw new AssertionError(when + failure.getMessage(), failure);
            }
          }
        });
  }

  private ThreadedNode node(InMemoryPlatform platform) {
    return new ThreadedNode(trials.protocol().get(), platform.options());
  }

  private void play(InMemoryPlatform platform, long seed) {
    try (ThreadedNode node = node(platform)) {
      if (parties.isPresent()) {
        playParties(parties.get(), node, seed);
      } else {
        List<Client> clients = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
          ThreadedConnection connection = node.connect();
          boolean waits = script.stepwise() || client % 2 == 0;
          clients.add(random -> converse(connection, waits, random));
        }
        together(seed, clients);
      }
    }
  }

  private void converse(ThreadedConnection connection, boolean waits, Random random) {
    connection.await(script.answers(0));
    int count = script.exchanges().size();
    for (int index = 0; index < count; index++) {
      Exchange exchange = script.exchanges().get(index);
      feed(connection, exchange.bytes(), random);
      if (waits || index == count - 1) {
        connection.await(script.answers(index + 1));
      }
    }
  }

  private static void feed(ThreadedConnection connection, byte[] bytes, Random random) {
    for (byte[] part : new Noise(random.nextLong()).split(bytes)) {
      connection.feed(part);
      if (random.nextInt(4) == 0) {
        LockSupport.parkNanos(random.nextInt(PAUSE_NANOS));
      }
    }
  }

  private static void playParties(PartyScript script, ThreadedNode node, long seed) {
    Map<String, ThreadedConnection> all = new LinkedHashMap<>();
    script.parties().forEach(party -> all.put(party, node.connect()));
    for (Block block : script.blocks()) {
      List<Client> clients = new ArrayList<>();
      all.forEach(
          (party, connection) -> clients.add(random -> says(party, connection, block, random)));
      together(seed, clients);
      all.forEach((party, connection) -> hears(party, connection, block));
    }
  }

  private static void says(
      String party, ThreadedConnection connection, Block block, Random random) {
    for (Send send : block.sends()) {
      if (send.party().equals(party)) {
        switch (send.kind()) {
          case END_INPUT -> connection.endInput();
          case RESET -> connection.reset();
          case BYTES -> feed(connection, send.bytes(), random);
        }
      }
    }
  }

  private static void hears(String party, ThreadedConnection connection, Block block) {
    try {
      connection.await(block.heard().getOrDefault(party, Answers.NONE));
    } catch (AssertionError wrong) {
      throw new AssertionError("party \"" + party + "\": " + wrong.getMessage(), wrong);
    }
  }

  /** Bytes from outside and ends at any moment: what is answered then is anybody's guess. */
  private void disturb(InMemoryPlatform platform, long seed) {
    try (ThreadedNode node = node(platform)) {
      List<Client> clients = new ArrayList<>();
      List<ThreadedConnection> all = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        ThreadedConnection connection = node.connect();
        all.add(connection);
        clients.add(random -> feed(connection, script.input(), random));
      }
      clients.add(
          random -> {
            for (int write = 0; write < FOREIGN; write++) {
              all.get(random.nextInt(CLIENTS)).sendData(new byte[] {'o', 'u', 't', '\n'});
            }
          });
      clients.add(random -> all.forEach(one -> one.endSomehow(random.nextInt(5))));
      together(seed, clients);
    }
  }

  private static void together(long seed, List<Client> clients) {
    ExecutorService threads =
        Executors.newFixedThreadPool(
            clients.size(), new DefaultThreadFactory("contract-client", true));
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < clients.size(); client++) {
        Client one = clients.get(client);
        long own = seed + client;
        running.add(threads.submit(() -> one.run(new Random(own))));
      }
      for (Future<?> one : running) {
        one.get();
      }
    } catch (ExecutionException failure) {
      Throwable cause = Objects.requireNonNullElse(failure.getCause(), failure);
      throw new AssertionError(cause.getMessage(), cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in the middle of a rule", e);
    } finally {
      threads.shutdownNow();
    }
  }
}
