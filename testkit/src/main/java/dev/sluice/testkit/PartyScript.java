// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What several clients of a protocol say to it and what each must get to hear, for protocols whose
 * sessions share state: a store, a broker, a chat. See {@link SessionContract#parties}.
 *
 * <pre>{@code
 * PartyScript.builder()
 *     .party("a").send("SUBSCRIBE news\n").expect("OK\n")
 *     .party("b").send("PUBLISH news hello\n").expect("1\n")
 *     .party("a").expect("news hello\n")
 *     .build();
 * }</pre>
 *
 * <p>What may happen in any order: sends of different parties that stand next to each other, and
 * expectations that do. A send behind an expectation, whosever, happens once it has been met. Each
 * party has a connection of its own, made at the start, and gets exactly what is expected.
 * Immutable.
 */
public final class PartyScript {

  /** What a party does. */
  enum Kind {
    BYTES,
    END_INPUT,
    RESET
  }

  /** One party's bytes, or its end. */
  record Send(String party, Kind kind, String text) {
    byte[] bytes() {
      return text.getBytes(ISO_8859_1);
    }
  }

  /**
   * Sends that may be mixed, and all that each party has heard behind them.
   *
   * @param heard since the start, for those who have to hear anything
   */
  record Block(List<Send> sends, Map<String, Answers> heard) {}

  private final Set<String> parties;
  private final List<Block> blocks;
  private final boolean dropsSlowParties;

  private PartyScript(Builder builder) {
    parties = new LinkedHashSet<>(builder.parties);
    blocks = List.copyOf(builder.blocks);
    dropsSlowParties = builder.dropsSlowParties;
  }

  /**
   * An empty script.
   *
   * @return to add steps to
   */
  public static Builder builder() {
    return new Builder();
  }

  Set<String> parties() {
    return parties;
  }

  List<Block> blocks() {
    return blocks;
  }

  boolean dropsSlowParties() {
    return dropsSlowParties;
  }

  /** How much a party sends. */
  int length(String party) {
    int length = 0;
    for (Block block : blocks) {
      for (Send send : block.sends()) {
        length += send.party().equals(party) ? send.text().length() : 0;
      }
    }
    return length;
  }

  /** Collects the steps of a script in their order. Not for several threads. */
  public static final class Builder {
    private final Set<String> parties = new LinkedHashSet<>();
    private final List<Block> blocks = new ArrayList<>();
    private List<Send> sends = new ArrayList<>();
    private Map<String, Answers> heard = new LinkedHashMap<>();
    private @Nullable String party;
    private boolean expecting;
    private boolean dropsSlowParties;

    private Builder() {}

    /**
     * Names whose turn it is.
     *
     * @param name of a party; a new one connects at the start
     * @return this
     */
    public Builder party(String name) {
      party = name;
      parties.add(name);
      return this;
    }

    /**
     * The party sends bytes.
     *
     * @param data ends where a message ends
     * @return this
     */
    public Builder send(byte[] data) {
      return data.length == 0 ? this : act(Kind.BYTES, new String(data, ISO_8859_1));
    }

    /**
     * The party sends text.
     *
     * @param text as UTF-8
     * @return this
     */
    public Builder send(String text) {
      return send(text.getBytes(UTF_8));
    }

    /**
     * The party ends its sending side, and goes on reading. Ordered like a send.
     *
     * @return this
     */
    public Builder endInput() {
      return act(Kind.END_INPUT, "");
    }

    /**
     * The party breaks off. Ordered like a send; the party hears nothing more.
     *
     * @return this
     */
    public Builder reset() {
      return act(Kind.RESET, "");
    }

    private Builder act(Kind kind, String text) {
      if (expecting) {
        take();
      }
      sends.add(new Send(current(), kind, text));
      return this;
    }

    /**
     * The party has to hear exactly these bytes next.
     *
     * @param data nothing more and nothing less
     * @return this
     */
    public Builder expect(byte[] data) {
      return hear(soFar().bytes(new String(data, ISO_8859_1)));
    }

    /**
     * The party has to hear exactly this text next.
     *
     * @param text as UTF-8
     * @return this
     */
    public Builder expect(String text) {
      return expect(text.getBytes(UTF_8));
    }

    /**
     * The party has to hear something of this form next: for what depends on the order in which
     * others were served, or holds a date.
     *
     * @param form a regular expression over the bytes, each a character from 0 to 255
     * @return this
     */
    public Builder expectMatching(String form) {
      return hear(soFar().form(form));
    }

    /**
     * A party that reads slowly may miss something, or be closed. What the others hear is the same.
     *
     * @return this
     */
    public Builder mayDropSlowParties() {
      dropsSlowParties = true;
      return this;
    }

    /**
     * The script.
     *
     * @return with everything added so far
     * @throws IllegalStateException if there is no send
     */
    public PartyScript build() {
      take();
      if (blocks.stream().allMatch(block -> block.sends().isEmpty())) {
        throw new IllegalStateException("a script needs at least one send");
      }
      return new PartyScript(this);
    }

    private String current() {
      if (party == null) {
        throw new IllegalStateException("name a party first");
      }
      return party;
    }

    private Answers soFar() {
      return heard.getOrDefault(current(), Answers.NONE);
    }

    private Builder hear(Answers answers) {
      expecting = true;
      heard.put(current(), answers);
      return this;
    }

    private void take() {
      expecting = false;
      blocks.add(new Block(List.copyOf(sends), Map.copyOf(heard)));
      sends = new ArrayList<>();
      heard = new LinkedHashMap<>(heard);
    }
  }
}
