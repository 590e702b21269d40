// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.testkit.ConversationScript.Exchange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a session owes the platform, a rule a test. A protocol's author extends it and gives a
 * script:
 *
 * <pre>{@code
 * class LineEchoContractTest extends SessionContract {
 *   protected CustomProtocolSubsystem protocol() {
 *     return new LineEcho();
 *   }
 *
 *   protected ConversationScript script() {
 *     return ConversationScript.builder().send("hello\n").expect("hello\n").build();
 *   }
 * }
 * }</pre>
 *
 * <p>Every rule also fails if the session throws, writes after it asked for the close, uses another
 * connection's id, touches a borrowed buffer after the call, changes what it has written, or leaves
 * a buffer unreleased at the end, or if a call takes longer than {@link #maxEventLoopExecuteTime}
 * or {@link #maxWorkerExecuteTime}: then with the stack of the blocked call. For protocols on
 * streams; it runs in memory, on one thread and a clock set by hand, so that a failure comes again
 * with the same seed.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class SessionContract {

  private static final int RANDOM_RUNS = 100;
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final Duration LONG = Duration.ofHours(1);
  private static final Pattern NAME = Pattern.compile("[A-Z0-9_.-]{1,64}");

  private ConversationScript script = ConversationScript.builder().build();
  private SessionTrials trials = trials(0, false, new CallWatch.Limits(LONG, LONG));

  /** For subclasses. */
  protected SessionContract() {}

  /**
   * The protocol under test.
   *
   * @return a new one at each call
   */
  protected abstract CustomProtocolSubsystem protocol();

  /**
   * What a client says and gets to hear.
   *
   * @return the same at each call; at least one send
   */
  protected abstract ConversationScript script();

  /**
   * Says that sessions share state, and what several clients get to hear by it. Then S16 runs this
   * script in every order that it allows, with splits, slow parties and parties that vanish, and
   * every trial of the other rules has a protocol of its own. Without it each session has to answer
   * as if there were no other.
   *
   * @return empty by default; the same at each call
   */
  protected Optional<PartyScript> parties() {
    return Optional.empty();
  }

  /**
   * Sets what is special about the interface: the protocol's settings, TLS.
   *
   * @param platform the node that serves the protocol
   */
  protected void configure(InMemoryPlatform platform) {}

  /**
   * Where random sizes and noise start from.
   *
   * @return the same at each call
   */
  protected long seed() {
    return 4711;
  }

  /**
   * How many inputs of noise are tried: a quarter at random, the others made from the script, with
   * numbers and lengths at their bounds among them.
   *
   * @return 1,000 by default
   */
  protected int noiseInputs() {
    return 1_000;
  }

  /**
   * How long a call into a session on {@code EVENT_LOOP} may take before it counts as blocking. The
   * time that it runs and the time that it waits are counted, and not that in which a busy machine
   * lets it stand still, nor what the loading of classes costs.
   *
   * @return 100 ms by default
   */
  protected Duration maxEventLoopExecuteTime() {
    return Duration.ofMillis(100);
  }

  /**
   * How long any other call may take, measured likewise, before it counts as one that never
   * returns.
   *
   * @return 10 s by default
   */
  protected Duration maxWorkerExecuteTime() {
    return Duration.ofSeconds(10);
  }

  @BeforeEach
  final void readScript() {
    script = script();
    if (script.exchanges().isEmpty()) {
      throw new IllegalStateException("a script needs at least one send");
    }
    CallWatch.Limits limits =
        new CallWatch.Limits(maxEventLoopExecuteTime(), maxWorkerExecuteTime());
    trials = trials(seed(), parties().isPresent(), limits);
  }

  private SessionTrials trials(long seed, boolean shared, CallWatch.Limits limits) {
    return new SessionTrials(script, this::protocol, this::configure, seed, shared, limits);
  }

  @Test
  @DisplayName("S1. The answers are those of the script.")
  void answersTheScript() {
    trials.each(
        platform ->
            trials.trial("as written", platform, talk -> talk.whole(InMemoryConnection::feed)));
  }

  @Test
  @DisplayName("S2. Wherever the input is split in two, the answers are the same.")
  void answersTheSameAtEverySplit() {
    trials.many(
        platform -> {
          for (int index = 0; index < script.exchanges().size(); index++) {
            int exchange = index;
            int length = script.exchanges().get(index).bytes().length;
            for (int position : Feeding.positions(length, seed())) {
              trials.trial(
                  "send " + exchange + " split before byte " + position,
                  platform,
                  talk -> {
                    talk.upTo(exchange);
                    talk.exchange(exchange, (to, bytes) -> Feeding.split(to, bytes, position));
                  });
            }
          }
        });
  }

  @Test
  @DisplayName("S3. One byte at a time, the answers are the same.")
  void answersTheSameOneByteAtATime() {
    trials.many(
        platform -> {
          trials.trial("a pass a byte", platform, talk -> talk.whole(Feeding::eachByte));
          trials.trial(
              "one pass", platform, talk -> talk.whole((to, b) -> to.feed(Feeding.single(b))));
        });
  }

  @Test
  @DisplayName("S4. All at once, the answers are the same.")
  void answersTheSameAllAtOnce() {
    assumeFalse(script.stepwise(), "the script's client waits for answers");
    trials.each(
        platform -> {
          trials.trial("in one buffer", platform, talk -> talk.atOnce(script.input()));
          byte[][] sends = script.exchanges().stream().map(Exchange::bytes).toArray(byte[][]::new);
          trials.trial("in one pass", platform, talk -> talk.atOnce(sends));
          if (script.serverCloses()) {
            byte[] more = script.input();
            byte[] twice = Arrays.copyOf(more, 2 * more.length);
            System.arraycopy(more, 0, twice, more.length, more.length);
            trials.trial("with more after the end", platform, talk -> talk.atOnce(twice));
          }
        });
  }

  @Test
  @DisplayName("S5. In read passes of any size, the answers are the same.")
  void answersTheSameInPassesOfAnySize() {
    trials.many(
        platform -> {
          Noise sizes = new Noise(seed());
          for (int run = 0; run < RANDOM_RUNS; run++) {
            trials.trial(
                "seed " + seed() + ", run " + run,
                platform,
                talk -> talk.whole((to, bytes) -> Feeding.passes(to, sizes, sizes.split(bytes))));
          }
        });
  }

  @Test
  @DisplayName("S6. A peer that reads slowly gets every byte, in order.")
  void slowReaderGetsEverything() {
    BackpressureRule.checkSlowReader(trials);
  }

  @Test
  @DisplayName("S7. Asked to end, it ends: at once between messages, and never untidily.")
  void endsWhenAsked() {
    trials.atEveryByte(
        "asked",
        (talk, cut) -> {
          InMemoryConnection connection = talk.cutAt(cut).connection();
          connection.askToClose();
          connection.askToClose();
          talk.checkBegin();
          trials.checkClosedBetweenMessages(cut, connection);
          connection.feed(script.input());
        });
  }

  @Test
  @DisplayName("S8. A peer that breaks off, at any byte, leaves nothing behind.")
  void bearsAResetAtEveryByte() {
    trials.atEveryByte(
        "reset",
        (talk, cut) -> {
          talk.cutAt(cut).connection().reset();
          talk.checkBegin();
          talk.connection().advance(LONG);
        });
  }

  @Test
  @DisplayName("S9. When the peer ends its side, the answers it is owed arrive, then it ends.")
  void answersAPeerThatEndedItsSide() {
    trials.atEveryByte(
        "ended",
        (talk, cut) -> {
          InMemoryConnection connection = talk.cutAt(cut).connection();
          connection.endInput();
          connection.advance(DEADLINE);
          if (cut == script.input().length) {
            talk.checkAllAnswers();
          }
          if (!script.staysOpen()) {
            assertThat(connection.closed()).as("closed").isPresent();
          }
        });
  }

  @Test
  @DisplayName("S10. Told that the node drains, it ends in time once nothing is in hand.")
  void endsWhenDrained() {
    trials.atEveryByte(
        "drained",
        (talk, cut) -> {
          InMemoryConnection connection = talk.cutAt(cut).connection();
          connection.drain(DEADLINE);
          connection.advance(DEADLINE.minusMillis(1));
          trials.checkClosedBetweenMessages(cut, connection);
          connection.feed(Arrays.copyOfRange(script.input(), cut, script.input().length));
          connection.advance(DEADLINE);
          assertThat(connection.closed()).as("closed").isPresent();
        });
  }

  @Test
  @DisplayName("S11. Over the soft cap it says what it has to say and closes.")
  void refusesACappedConnection() {
    trials.checkCapped(DEADLINE);
  }

  @Test
  @DisplayName("S12. No input, however senseless, makes it throw, hang or leak.")
  void bearsNoise() {
    NoiseRule.check(trials, noiseInputs());
  }

  @Test
  @DisplayName("S13. Wherever the connection ends, with output waiting, everything is released.")
  void releasesEverythingAtTheEnd() {
    trials.atEveryByte(
        "expired",
        (talk, cut) -> {
          talk.connection().stopReading();
          talk.cutAt(cut).connection().expire();
          assertThat(talk.connection().closed()).as("closed").isPresent();
          talk.connection().advance(LONG);
        });
  }

  @Test
  @DisplayName("S14. Bytes from outside are taken or refused, and borrowed either way.")
  void takesOrRefusesBytesFromOutside() {
    trials.checkBytesFromOutside();
  }

  @Test
  @DisplayName("S15. When everything is answered, no input counts as held.")
  void holdsNothingWhenAllIsAnswered() {
    trials.each(
        platform ->
            trials.trial(
                "one byte at a time",
                platform,
                talk -> {
                  talk.whole(Feeding::eachByte);
                  if (talk.connection().closed().isEmpty()) {
                    assertThat(talk.connection().heldBytes()).as("held bytes").isZero();
                  }
                }));
  }

  @Test
  @DisplayName("S16. Sessions share nothing, or what the script of several parties says.")
  void sessionsShareNothing() {
    if (parties().isPresent()) {
      new SharingRule(trials, parties().get()).check();
    } else {
      trials.each(platform -> Conversation.apart(script, platform));
    }
  }

  @Test
  @DisplayName("S17. A node can find it: provider, name, transports, settings.")
  void canBeFound() {
    CustomProtocolSubsystem protocol = protocol();
    assertThat(protocol.name()).matches(NAME);
    assertThat(protocol.transports()).as("transports").isNotEmpty();
    List<String> found = new ArrayList<>();
    ServiceLoader.load(CustomProtocolSubsystem.class, protocol.getClass().getClassLoader())
        .forEach(provider -> found.add(provider.name()));
    assertThat(found).as("names of the providers in META-INF/services").contains(protocol.name());
  }

  @Test
  @DisplayName(
      "S18. Its detector, where it has one, knows the script's client, whatever the split.")
  void isKnownByItsFirstBytes() {
    ProtocolDetector detector = protocol().detector().orElse(null);
    assumeFalse(detector == null, "it has no detector");
    DetectorRule.check(detector, script.input());
  }

  @Test
  @DisplayName("S19. Told that it is not writable, it writes no further message.")
  void heedsBackpressure() {
    BackpressureRule.check(trials);
  }

  @Test
  @DisplayName("S20. On real threads, several connections at once, all of that holds as well.")
  void holdsOnThreads() {
    assumeFalse(script.elapses(), "the script's client lets time pass");
    new ThreadsRule(trials, parties()).check();
  }
}
