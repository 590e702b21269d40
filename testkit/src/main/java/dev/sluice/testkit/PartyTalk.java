// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sluice.testkit.PartyScript.Block;
import dev.sluice.testkit.PartyScript.Send;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** One run of a script of several parties, each over a connection of its own. */
final class PartyTalk {

  /** How the bytes of a send are cut. */
  interface Cutting {
    byte[][] parts(byte[] bytes);
  }

  private final PartyScript script;
  private final Map<String, InMemoryConnection> connections = new LinkedHashMap<>();
  private final Map<String, Integer> left = new HashMap<>();
  private @Nullable String slow;
  private int most;
  private Random random = new Random(0);
  private @Nullable String vanishing;

  PartyTalk(PartyScript script, InMemoryPlatform platform) {
    this.script = script;
    script.parties().forEach(party -> connections.put(party, platform.connect()));
  }

  /** One of the parties reads few bytes at a time. */
  void slow(String party, int bytes, long seed) {
    slow = party;
    most = bytes;
    random = new Random(seed);
    connection(party).stopReading();
  }

  /** One of the parties breaks off once it has sent so much. */
  void vanishing(String party, int bytes) {
    vanishing = party;
    left.put(party, bytes);
    vanishIfDue(party);
  }

  /** The whole of it. Where a party vanishes, what is heard afterwards is up to the protocol. */
  void run(IntUnaryOperator choose, Cutting cutting) {
    for (Block block : script.blocks()) {
      send(block, choose, cutting);
      if (slow != null) {
        Feeding.readSlowly(connection(slow), random, most);
      }
      if (vanishing == null || left.containsKey(vanishing)) {
        check(block);
      }
    }
  }

  /** The parts of each party in their order, mixed with those of the others. */
  private void send(Block block, IntUnaryOperator choose, Cutting cutting) {
    Map<String, Deque<Runnable>> waiting = new LinkedHashMap<>();
    for (Send send : block.sends()) {
      waiting
          .computeIfAbsent(send.party(), party -> new ArrayDeque<>())
          .addAll(steps(send, cutting));
    }
    while (!waiting.isEmpty()) {
      List<String> able = new ArrayList<>(waiting.keySet());
      String next = able.get(able.size() == 1 ? 0 : choose.applyAsInt(able.size()));
      Deque<Runnable> steps = waiting.getOrDefault(next, new ArrayDeque<>());
      steps.remove().run();
      if (steps.isEmpty()) {
        waiting.remove(next);
      }
    }
  }

  private List<Runnable> steps(Send send, Cutting cutting) {
    InMemoryConnection connection = connection(send.party());
    return switch (send.kind()) {
      case END_INPUT -> List.of(connection::endInput);
      case RESET -> List.of(connection::reset);
      case BYTES -> {
        List<Runnable> steps = new ArrayList<>();
        for (byte[] part : cutting.parts(send.bytes())) {
          steps.add(() -> feed(send.party(), part));
        }
        yield steps;
      }
    };
  }

  private void feed(String party, byte[] bytes) {
    InMemoryConnection connection = connection(party);
    if (!party.equals(vanishing)) {
      connection.feed(bytes);
      return;
    }
    Integer more = left.get(party);
    if (more != null) {
      connection.feed(Arrays.copyOf(bytes, Math.min(bytes.length, more)));
      left.put(party, more - bytes.length);
      vanishIfDue(party);
    }
  }

  private void vanishIfDue(String party) {
    Integer more = left.get(party);
    if (more != null && more <= 0) {
      left.remove(party);
      connection(party).reset();
    }
  }

  private void check(Block block) {
    for (String party : script.parties()) {
      if (party.equals(slow) && script.dropsSlowParties()) {
        continue;
      }
      Answers answers = block.heard().getOrDefault(party, Answers.NONE);
      String heard = new String(connection(party).received(), ISO_8859_1);
      if (!answers.are(heard)) {
        throw new AssertionError(
            "party \"" + party + "\": " + answers.difference(heard) + meantFor(party, block));
      }
    }
  }

  /** Names the party whose bytes these are, where that can be seen. */
  private String meantFor(String party, Block block) {
    Answers own = block.heard().getOrDefault(party, Answers.NONE);
    String wrong = own.wrongEnd(new String(connection(party).received(), ISO_8859_1));
    for (String other : script.parties()) {
      Answers theirs = block.heard().getOrDefault(other, Answers.NONE);
      String got = new String(connection(other).received(), ISO_8859_1);
      if (!other.equals(party) && !wrong.isEmpty() && theirs.missing(got).startsWith(wrong)) {
        return "\n it is what party \"" + other + "\" has to get and has not got";
      }
    }
    return "";
  }

  InMemoryConnection connection(String party) {
    InMemoryConnection found = connections.get(party);
    if (found == null) {
      throw new IllegalStateException("no party " + party);
    }
    return found;
  }

  /** Ends every connection, and looks at what the sessions have done. */
  void close() {
    AssertionError broken = null;
    for (Map.Entry<String, InMemoryConnection> one : connections.entrySet()) {
      try {
        one.getValue().close();
      } catch (AssertionError error) {
        broken = new AssertionError("party \"" + one.getKey() + "\": " + error.getMessage(), error);
      }
    }
    if (broken != null) {
      throw broken;
    }
  }
}
