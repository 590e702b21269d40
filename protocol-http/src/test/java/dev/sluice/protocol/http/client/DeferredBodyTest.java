// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.OutgoingFields;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What is written before there is a connection goes there first, in order, and not under a lock.
 */
@Timeout(20)
class DeferredBodyTest {

  private final AtomicInteger tooMuch = new AtomicInteger();
  private final DeferredBody body =
      new DeferredBody(
          HttpClientRequest.of("PUT", "/").streamed(), () -> tooMuch.incrementAndGet());

  /** The connection's side: it notes what comes, and is ready at once. */
  private class Connection implements HttpRequestBody {
    final List<String> taken = Collections.synchronizedList(new ArrayList<>());

    @Override
    public boolean write(ByteBuf data) {
      assertThat(Thread.holdsLock(body)).as("under a lock").isFalse();
      taken.add(data.toString(StandardCharsets.US_ASCII));
      data.release();
      return true;
    }

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void onWritable(Runnable action) {
      assertThat(Thread.holdsLock(body)).as("under a lock").isFalse();
      action.run();
    }

    @Override
    public void finish() {
      assertThat(Thread.holdsLock(body)).as("under a lock").isFalse();
      taken.add("end");
    }

    @Override
    public void finish(OutgoingFields trailers) {
      finish();
    }
  }

  private boolean write(String text) {
    return body.write(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
  }

  @Test
  void whoeverIsToldThatItIsWritableWritesBehindWhatHasWaited() {
    body.onWritable(
        () -> {
          assertThat(body.isWritable()).isTrue();
          write("third");
          body.finish();
        });
    write("first");
    write("second");
    Connection connection = new Connection();
    body.bind(connection);
    assertThat(connection.taken).containsExactly("first", "second", "third", "end");
  }

  @Test
  void whatAnotherThreadWritesMeanwhileGoesBehindWhatHasWaited() {
    write("first");
    write("second");
    Connection connection =
        new Connection() {
          @Override
          public boolean write(ByteBuf data) {
            boolean first = taken.isEmpty();
            boolean written = super.write(data);
            if (first) {
              onAnotherThread(
                  () -> {
                    DeferredBodyTest.this.write("third");
                    body.finish();
                  });
            }
            return written;
          }
        };
    body.bind(connection);
    assertThat(connection.taken).containsExactly("first", "second", "third", "end");
    assertThat(write("behind the end")).isFalse();
  }

  private static void onAnotherThread(Runnable action) {
    Thread thread = new Thread(action);
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(thread.isAlive()).as("it waits for a lock").isFalse();
  }

  @Test
  void anActionThatIsAskedForMeanwhileStays() {
    List<String> told = new ArrayList<>();
    body.onWritable(
        () -> {
          told.add("old");
          onAnotherThread(() -> body.onWritable(() -> told.add("new")));
        });
    List<Runnable> last = new ArrayList<>();
    body.bind(
        new Connection() {
          @Override
          public void onWritable(Runnable action) {
            action.run();
            last.add(action);
          }
        });
    last.get(last.size() - 1).run();
    assertThat(told).startsWith("old").endsWith("new");
  }

  @Test
  void moreThanMayWaitIsNoBodyAnyMore() {
    ByteBuf large = Unpooled.buffer(1 << 20).writerIndex(1 << 20);
    assertThat(body.write(large)).isTrue();
    assertThat(write("one too many")).isFalse();
    assertThat(tooMuch).hasValue(1);
    assertThat(write("and another")).isFalse();
    assertThat(tooMuch).hasValue(1);
    body.drop();
    assertThat(large.refCnt()).isZero();
  }
}
