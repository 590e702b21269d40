// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What each command answers, as a client on one connection hears it. */
class RedisTest {

  private final InMemoryPlatform platform = new InMemoryPlatform(new Redis());
  private final InMemoryConnection client = platform.connect();
  private int heard;

  @AfterEach
  void close() {
    assertThat(client.violations()).isEmpty();
    platform.close();
  }

  /** The answer in one line, blanks in place of its ends of lines. */
  private String ask(String command) {
    client.feed(command + "\r\n");
    String all = client.receivedText();
    String answer = all.substring(heard);
    heard = all.length();
    return answer.replace("\r\n", " ").strip();
  }

  private void asks(String command, String answer) {
    assertThat(ask(command)).as(command).isEqualTo(answer);
  }

  @Test
  void strings() {
    asks("GET a", "$-1");
    asks("SET a 1", "+OK");
    asks("GET a", "$1 1");
    asks("SET a 2 NX", "$-1");
    asks("SET b 2 XX", "$-1");
    asks("SET a 2 XX GET", "$1 1");
    asks("SETNX a 3", ":0");
    asks("SETNX c 3", ":1");
    asks("MSET a 5 b 6", "+OK");
    asks("MGET a nothing b", "*3 $1 5 $-1 $1 6");
    asks("INCR a", ":6");
    asks("DECR a", ":5");
    asks("INCRBY a -10", ":-5");
    asks("DECRBY a 5", ":-10");
    asks("APPEND a 7", ":4");
    asks("GET a", "$4 -107");
    asks("STRLEN a", ":4");
    asks("STRLEN nothing", ":0");
    asks("GETSET a x", "$4 -107");
    asks("GETDEL a", "$1 x");
    asks("EXISTS a b c b", ":3");
    asks("SET empty \"\"", "+OK");
    asks("GET empty", "$0");
  }

  @Test
  void numbersThatAreNoneAndSumsThatAreTooLarge() {
    ask("MSET text x large 9223372036854775807 plus +1");
    asks("INCR text", "-ERR value is not an integer or out of range");
    asks("INCR plus", "-ERR value is not an integer or out of range");
    asks("INCR large", "-ERR increment or decrement would overflow");
    asks("INCRBY large x", "-ERR value is not an integer or out of range");
    asks("DECRBY large -9223372036854775808", "-ERR decrement would overflow");
    asks("GET large", "$19 9223372036854775807");
  }

  @Test
  void expiry() {
    asks("SET a 1 EX 100", "+OK");
    asks("TTL a", ":100");
    asks("SET a 2 KEEPTTL", "+OK");
    asks("TTL a", ":100");
    asks("PERSIST a", ":1");
    asks("PERSIST a", ":0");
    asks("TTL a", ":-1");
    asks("TTL nothing", ":-2");
    asks("PEXPIRE a 500000", ":1");
    assertThat(ask("PTTL a")).matches(":(500000|4999\\d\\d)");
    asks("SET a 3", "+OK");
    asks("PTTL a", ":-1");
    asks("SETEX a 10 4", "+OK");
    asks("TTL a", ":10");
    asks("EXPIRE a -1", ":1");
    asks("EXISTS a", ":0");
    asks("EXPIRE a 10", ":0");
    asks("SET a 1 EX 0", "-ERR invalid expire time in 'set' command");
    asks("SETEX a 0 1", "-ERR invalid expire time in 'setex' command");
    asks("SET a 1 EX 9223372036854775807", "-ERR invalid expire time in 'set' command");
    asks("SET a 1 EX 10 KEEPTTL", "-ERR syntax error");
    asks("SET a 1 EX", "-ERR syntax error");
    asks("SET a 1 NX XX", "-ERR syntax error");
  }

  @Test
  void hashes() {
    asks("HSET h a 1 b 2", ":2");
    asks("HSET h a 3 c 4", ":1");
    asks("HGET h a", "$1 3");
    asks("HGET h x", "$-1");
    asks("HMGET h a x c", "*3 $1 3 $-1 $1 4");
    asks("HMGET nothing a", "*1 $-1");
    asks("HLEN h", ":3");
    asks("HEXISTS h a", ":1");
    asks("HEXISTS h x", ":0");
    asks("HINCRBY h n 5", ":5");
    asks("HINCRBY h n -7", ":-2");
    asks("HDEL h n b c x", ":3");
    asks("HGETALL h", "*2 $1 a $1 3");
    asks("HKEYS h", "*1 $1 a");
    asks("HVALS h", "*1 $1 3");
    asks("TYPE h", "+hash");
    asks("HSETNX h a 1", ":0");
    asks("HMSET h a x", "+OK");
    asks("HINCRBY h a 1", "-ERR hash value is not an integer");
    asks("HDEL h a", ":1");
    asks("EXISTS h", ":0");
    asks("HGETALL h", "*0");
    asks("HSET h a", "-ERR wrong number of arguments for 'hset' command");
    asks("HSET h a 1 b", "-ERR wrong number of arguments for 'hset' command");
  }

  @Test
  void keys() {
    ask("MSET one 1 two 2 three 3");
    ask("HSET hash f v");
    asks("DBSIZE", ":4");
    asks("TYPE one", "+string");
    asks("TYPE nothing", "+none");
    asks("KEYS t*", "*2 $3 two $5 three");
    asks("SCAN 0 COUNT 2", "*2 $1 2 *2 $3 one $3 two");
    asks("SCAN 2 COUNT 2 TYPE hash", "*2 $1 0 *1 $4 hash");
    asks("SCAN 0 MATCH *e", "*2 $1 0 *2 $3 one $5 three");
    asks("SCAN x", "-ERR invalid cursor");
    asks("SCAN 0 COUNT 0", "-ERR syntax error");
    asks("SCAN 0 WHAT 0", "-ERR syntax error");
    asks("DEL one two nothing", ":2");
    asks("FLUSHALL", "+OK");
    asks("DBSIZE", ":0");
  }

  @Test
  void theWrongTypeAndTheWrongNumberOfWords() {
    ask("HSET h f v");
    ask("SET s x");
    String wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    asks("GET h", wrong);
    asks("INCR h", wrong);
    asks("HGET s f", wrong);
    asks("HSET s f v", wrong);
    asks("SET h x GET", wrong);
    asks("MGET h s", "*2 $-1 $1 x");
    asks("SET h x", "+OK");
    asks("GET", "-ERR wrong number of arguments for 'get' command");
    asks("GET a b", "-ERR wrong number of arguments for 'get' command");
    asks("MSET a 1 b", "-ERR wrong number of arguments for 'mset' command");
    asks("WHAT's \"\"", "-ERR unknown command 'WHAT's'");
  }

  @Test
  void theConnection() {
    asks("PING", "+PONG");
    asks("PING hello", "$5 hello");
    asks("ECHO 'a b'", "$3 a b");
    asks("SELECT 0", "+OK");
    asks("SELECT 1", "-ERR DB index is out of range");
    asks("CLIENT GETNAME", "$-1");
    asks("CLIENT SETNAME me", "+OK");
    asks("CLIENT GETNAME", "$2 me");
    asks("CLIENT SETINFO lib-name x", "+OK");
    assertThat(ask("CLIENT ID")).matches(":\\d+");
    assertThat(ask("CLIENT KILL x")).startsWith("-ERR unknown subcommand");
    asks("AUTH secret", "-ERR AUTH called, but no password is configured: this server knows none");
    asks("COMMAND DOCS", "*0");
    assertThat(ask("INFO")).contains("redis_version:", "db0:keys=0,expires=0");
    asks("RESET", "+RESET");
    asks("CLIENT GETNAME", "$-1");
  }

  @Test
  void versionThree() {
    assertThat(ask("HELLO 3")).startsWith("%7 $6 server $5 redis ").contains("$5 proto :3");
    asks("GET a", "_");
    ask("HSET h f v");
    asks("HGETALL h", "%1 $1 f $1 v");
    asks("SUBSCRIBE c", ">3 $9 subscribe $1 c :1");
    asks("SET a 1", "+OK");
    assertThat(ask("PUBLISH c m")).isEqualTo(":1 >3 $7 message $1 c $1 m");
    asks("UNSUBSCRIBE", ">3 $11 unsubscribe $1 c :0");
    assertThat(ask("HELLO 2 SETNAME x")).startsWith("*14 ");
    asks("HELLO 4", "-NOPROTO unsupported protocol version");
    asks("HELLO 3 WHAT", "-ERR Syntax error in HELLO option");
    assertThat(ask("HELLO 3 AUTH user password")).startsWith("-ERR AUTH called");
  }

  @Test
  void aClientOfVersionTwoThatListensMayNotDoMuchElse() {
    asks("SUBSCRIBE a b", "*3 $9 subscribe $1 a :1 *3 $9 subscribe $1 b :2");
    asks("PSUBSCRIBE x*", "*3 $10 psubscribe $2 x* :3");
    asks("PING", "*2 $4 pong $0");
    assertThat(ask("GET a")).startsWith("-ERR Can't execute 'get': only ");
    asks("UNSUBSCRIBE a", "*3 $11 unsubscribe $1 a :2");
    asks("PUNSUBSCRIBE", "*3 $12 punsubscribe $2 x* :1");
    asks("UNSUBSCRIBE", "*3 $11 unsubscribe $1 b :0");
    asks("UNSUBSCRIBE", "*3 $11 unsubscribe $-1 :0");
    asks("GET a", "$-1");
  }

  @Test
  void messagesByNameAndByPattern() {
    ask("SUBSCRIBE news");
    ask("PSUBSCRIBE n*");
    InMemoryConnection other = platform.connect();
    other.feed("PUBLISH news hi\r\nPUBLISH none x\r\nPUBLISH other x\r\n");
    assertThat(other.receivedText()).isEqualTo(":2\r\n:1\r\n:0\r\n");
    assertThat(client.receivedText().substring(heard).replace("\r\n", " "))
        .isEqualTo(
            "*3 $7 message $4 news $2 hi *4 $8 pmessage $2 n* $4 news $2 hi "
                + "*4 $8 pmessage $2 n* $4 none $1 x ");
    client.reset();
    other.feed("PUBLISH news hi\r\n");
    assertThat(other.receivedText()).endsWith(":0\r\n:0\r\n");
  }

  @Test
  void quitEndsTheConnectionAndNothingBehindItIsRun() {
    asks("QUIT\r\nPING", "+OK");
    assertThat(client.closed()).contains(CloseReason.SESSION_CLOSED);
  }

  @Test
  void everyClientHasTheSameStore() {
    asks("SET a 1", "+OK");
    InMemoryConnection other = platform.connect();
    other.feed("INCR a\r\n");
    assertThat(other.receivedText()).isEqualTo(":2\r\n");
    asks("GET a", "$1 2");
  }
}
