// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.PartyScript;
import dev.sluice.testkit.SessionContract;
import java.util.Optional;

/** Redis keeps the contract, and clients that share a store hear what they have to. */
class RedisContractTest extends SessionContract {

  private static final String LONG = "0123456789".repeat(50);

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new Redis();
  }

  @Override
  protected ConversationScript script() {
    return ConversationScript.builder()
        .send("PING\r\n")
        .expect("+PONG\r\n")
        .send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n41\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n")
        .expect("+OK\r\n:42\r\n")
        .send("*3\r\n$3\r\nset\r\n$4\r\nlong\r\n$500\r\n" + LONG + "\r\nGET long\r\n")
        .expect("+OK\r\n$500\r\n" + LONG + "\r\n")
        .send("HSET h f v\r\nHGET h f\r\nGET h\r\nnonsense\r\n")
        .expect(
            ":1\r\n$1\r\nv\r\n-WRONGTYPE Operation against a key holding the wrong kind of"
                + " value\r\n-ERR unknown command 'nonsense'\r\n")
        .expectWhenCapped("-ERR max number of clients reached\r\n")
        .build();
  }

  @Override
  protected Optional<PartyScript> parties() {
    return Optional.of(
        PartyScript.builder()
            .party("a")
            .send("SUBSCRIBE news\r\n")
            .expect("*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n")
            .party("b")
            .send("INCR n\r\nPUBLISH news hello\r\n")
            .party("c")
            .send("INCR n\r\n")
            .party("b")
            .expectMatching(":[12]\r\n:1\r\n")
            .party("c")
            .expectMatching(":[12]\r\n")
            .party("a")
            .expect("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n")
            .send("UNSUBSCRIBE\r\nGET n\r\n")
            .expect("*3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:0\r\n$1\r\n2\r\n")
            .party("b")
            .send("PUBLISH news again\r\n")
            .expect(":0\r\n")
            .party("b")
            .reset()
            .party("c")
            .send("GET n\r\n")
            .expect("$1\r\n2\r\n")
            .build());
  }
}
