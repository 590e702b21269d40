// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.capture.CapturedSession;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client of a protocol says and what it must get to hear, for {@link SessionContract}.
 *
 * <pre>{@code
 * ConversationScript.builder()
 *     .send("hello\n").expect("hello\n")
 *     .send("a\nb\n").expect("a\nb\n")
 *     .build();
 * }</pre>
 *
 * <p>Choose messages of several sizes, one of a few hundred bytes among them, and end each send
 * where a message ends. Immutable.
 */
public final class ConversationScript {

  /** What the client sends at once, and everything that has come back when it is answered. */
  record Exchange(String send, Duration pause, Answers answersSoFar) {
    byte[] bytes() {
      return send.getBytes(ISO_8859_1);
    }
  }

  private final List<Exchange> exchanges;
  private final Answers greeting;
  private final boolean stepwise;
  private final boolean serverCloses;
  private final boolean staysOpen;
  private final @Nullable Pattern capped;

  private ConversationScript(Builder builder) {
    exchanges = List.copyOf(builder.exchanges);
    greeting = builder.greeting;
    stepwise = builder.stepwise;
    serverCloses = builder.serverCloses;
    staysOpen = builder.staysOpen;
    capped = builder.capped;
  }

  private ConversationScript(ConversationScript of, String wrong, String right) {
    exchanges =
        of.exchanges.stream()
            .map(one -> new Exchange(one.send, one.pause, one.answersSoFar.replacing(wrong, right)))
            .toList();
    greeting = of.greeting.replacing(wrong, right);
    stepwise = of.stepwise;
    serverCloses = of.serverCloses;
    staysOpen = of.staysOpen;
    capped = of.capped;
  }

  /**
   * An empty script.
   *
   * @return to add steps to
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * What was said in a session that a node has recorded, and what was answered: see
   * docs/captures.md. An exchange ends where an answer is followed by input; where an answer came
   * after more than a tenth of a second the clock moves on by as much.
   *
   * @param file a capture of one session
   * @return the answers are those that were given, right or wrong: see {@link #replacing}
   * @throws IllegalArgumentException if it has none or several, see {@link #fromCapture(Path,
   *     long)}; if it is one of datagrams; if parts of it were not recorded
   * @throws java.io.UncheckedIOException if the file can't be read
   */
  public static ConversationScript fromCapture(Path file) {
    return builderFrom(CapturedScript.only(file)).build();
  }

  /**
   * As above, of a capture of several sessions.
   *
   * @param file a capture
   * @param session the id of the recorded connection, as {@code sluice captures show} has it
   * @return of this session alone
   * @throws IllegalArgumentException if there is no such session; and as above
   */
  public static ConversationScript fromCapture(Path file, long session) {
    return builderFromCapture(file, session).build();
  }

  /**
   * As above, to be gone on with: to say that the client waits for each answer, or to add one that
   * never came.
   *
   * @param file a capture
   * @param session the id of the recorded connection
   * @return with the steps of this session
   * @throws IllegalArgumentException as above
   */
  public static Builder builderFromCapture(Path file, long session) {
    return builderFrom(CapturedScript.session(file, session));
  }

  private static Builder builderFrom(CapturedSession session) {
    Builder builder = builder();
    CapturedScript.addTo(builder, session);
    return builder;
  }

  /**
   * The same with answers put right: for a script of a session that was answered wrongly.
   *
   * @param wrong what was answered, as UTF-8; wherever it stands within the answers
   * @param right what has to be answered
   * @return a copy
   * @throws IllegalArgumentException if it is nowhere
   */
  public ConversationScript replacing(String wrong, String right) {
    String old = new String(wrong.getBytes(UTF_8), ISO_8859_1);
    String with = new String(right.getBytes(UTF_8), ISO_8859_1);
    Answers all = answers(exchanges.size());
    if (old.isEmpty() || all.replacing(old, with).equals(all)) {
      throw new IllegalArgumentException("nowhere among the answers: " + quoted(old));
    }
    return new ConversationScript(this, old, with);
  }

  List<Exchange> exchanges() {
    return exchanges;
  }

  boolean stepwise() {
    return stepwise;
  }

  boolean serverCloses() {
    return serverCloses;
  }

  boolean staysOpen() {
    return staysOpen;
  }

  @Nullable Pattern capped() {
    return capped;
  }

  /** Everything that the client sends. */
  byte[] input() {
    return joined(exchanges.stream().map(Exchange::bytes).toList());
  }

  static byte[] joined(List<byte[]> parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** Whether as many bytes of input end where an exchange does. */
  boolean endsAnExchange(int position) {
    int end = 0;
    for (Exchange exchange : exchanges) {
      if (end == position) {
        return true;
      }
      end += exchange.bytes().length;
    }
    return end == position;
  }

  /** What has come behind the first exchanges; 0: the greeting. */
  Answers answers(int count) {
    return count == 0 ? greeting : exchanges.get(count - 1).answersSoFar();
  }

  /** Whether time has to pass before an answer. */
  boolean elapses() {
    return exchanges.stream().anyMatch(exchange -> !exchange.pause().isZero());
  }

  /** Fails unless exactly the answers to the first exchanges have come; 0: the greeting. */
  void checkAnswers(int count, byte[] received) {
    Answers answers = answers(count);
    String text = new String(received, ISO_8859_1);
    if (!answers.are(text)) {
      throw new AssertionError("the answers are not those expected: " + answers.difference(text));
    }
  }

  /** Fails unless what has come is how the answers of the whole script begin. */
  void checkBegin(byte[] received) {
    Answers answers =
        exchanges.isEmpty() ? greeting : exchanges.get(exchanges.size() - 1).answersSoFar();
    String text = new String(received, ISO_8859_1);
    if (!answers.beginWith(text)) {
      throw new AssertionError("no beginning of the answers: " + answers.difference(text));
    }
  }

  /** As in a program's text, with its length. */
  static String printable(String text) {
    return quoted(text) + " (" + text.length() + " bytes)";
  }

  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int index = 0; index < text.length(); index++) {
      char letter = text.charAt(index);
      switch (letter) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '"' -> out.append("\\\"");
        default -> {
          if (letter >= ' ' && letter < 0x7f) {
            out.append(letter);
          } else {
            out.append("\\x")
                .append(Character.forDigit(letter >> 4 & 0xf, 16))
                .append(Character.forDigit(letter & 0xf, 16));
          }
        }
      }
    }
    return out.append('"').toString();
  }

  /** Collects the steps of a script in their order. Not for several threads. */
  public static final class Builder {

    private final List<Exchange> exchanges = new ArrayList<>();
    private final StringBuilder sending = new StringBuilder();
    private Answers expected = Answers.NONE;
    private Answers greeting = Answers.NONE;
    private Duration pause = Duration.ZERO;
    private boolean answered;
    private boolean stepwise;
    private boolean serverCloses;
    private boolean staysOpen;
    private @Nullable Pattern capped;

    private Builder() {}

    /**
     * The client sends bytes.
     *
     * @param data ends where a message ends
     * @return this
     */
    public Builder send(byte[] data) {
      if (answered) {
        take();
      }
      sending.append(new String(data, ISO_8859_1));
      return this;
    }

    /**
     * The client sends text.
     *
     * @param text as UTF-8
     * @return this
     */
    public Builder send(String text) {
      return send(text.getBytes(UTF_8));
    }

    /**
     * The client waits; the clock moves on.
     *
     * @param time before the answer is expected
     * @return this
     */
    public Builder elapse(Duration time) {
      pause = pause.plus(time);
      answered = true;
      return this;
    }

    /**
     * The server has to send exactly these bytes. Before the first {@link #send} it is a greeting.
     *
     * @param data nothing more and nothing less
     * @return this
     */
    public Builder expect(byte[] data) {
      answered = true;
      expected = expected.bytes(new String(data, ISO_8859_1));
      return this;
    }

    /**
     * The server has to send exactly this text.
     *
     * @param text as UTF-8
     * @return this
     */
    public Builder expect(String text) {
      return expect(text.getBytes(UTF_8));
    }

    /**
     * The server has to send something of this form, for answers that hold a date or the like.
     *
     * @param form a regular expression over the bytes, each a character from 0 to 255
     * @return this
     */
    public Builder expectMatching(String form) {
      answered = true;
      expected = expected.form(form);
      return this;
    }

    /**
     * The client waits for each answer before it goes on. Without it what it says may come all at
     * once.
     *
     * @return this
     */
    public Builder stepwise() {
      stepwise = true;
      return this;
    }

    /**
     * After the last answer the session closes by itself.
     *
     * @return this
     */
    public Builder serverCloses() {
      serverCloses = true;
      return this;
    }

    /**
     * The session goes on when the peer has ended its sending side, until it is asked to end.
     *
     * @return this
     */
    public Builder staysOpenAfterInputEnds() {
      staysOpen = true;
      return this;
    }

    /**
     * What a connection over the soft cap gets to hear. Without it anything is right that ends in a
     * close.
     *
     * @param text as UTF-8; may be empty
     * @return this
     */
    public Builder expectWhenCapped(String text) {
      capped = compile(Pattern.quote(new String(text.getBytes(UTF_8), ISO_8859_1)));
      return this;
    }

    /**
     * The script.
     *
     * @return with everything added so far
     */
    public ConversationScript build() {
      take();
      return new ConversationScript(this);
    }

    private void take() {
      answered = false;
      if (sending.length() == 0) {
        greeting = expected;
        return;
      }
      exchanges.add(new Exchange(sending.toString(), pause, expected));
      sending.setLength(0);
      pause = Duration.ZERO;
    }

    private static Pattern compile(String regex) {
      return Pattern.compile(regex, Pattern.DOTALL);
    }
  }
}
