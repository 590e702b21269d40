// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Holds many TLS connections that do nothing, to see what one costs the server in memory. That is
 * the price of a quiet client, and the one figure that CPU per operation cannot show.
 *
 * <p>Resident memory of a JVM says little by itself, since touched heap stays resident whether used
 * or not. So a full collection goes before each reading, which also gives the heap that is alive;
 * the server should run with {@code -XX:+AlwaysPreTouch}, whereupon its resident memory grows only
 * by what lies outside the heap, and the two add up.
 *
 * <p>One source address does: there are more ports than the 20,000 descriptors a process may have.
 */
public final class IdleConnections implements AutoCloseable {

  /** Opened and closed before the first reading, so that one-off costs are paid already. */
  private static final int PRIMING = 1_000;

  private static final int HANDSHAKES_AT_ONCE = 64;
  private static final long PATIENCE_SECONDS = 120;
  private static final long SETTLE_MILLIS = 1_000;

  private final Connector connector = Connector.create(true);
  private final List<Channel> open = new ArrayList<>();
  private final int port;
  private final long pid;

  IdleConnections(int port, long pid) throws IOException {
    this.port = port;
    this.pid = pid;
  }

  /**
   * Options: {@code --port P --pid PID} of the server, {@code --connections N}. Prints, holds the
   * connections until a line or the end of the input comes, closes them.
   */
  public static void main(String[] args) throws Exception {
    Options options = Options.parse(args, Set.of("port", "pid", "connections"));
    int port = options.number("port", 0);
    try (IdleConnections client =
        new IdleConnections(port, Long.parseLong(options.required("pid")))) {
      System.out.println(client.measure(options.number("connections", 10_000)));
      System.out.println("holding; a line ends it");
      System.in.read();
    }
  }

  /** Reads the server's memory, opens the connections, reads it again. They stay open. */
  Memory measure(int connections)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    open(Math.min(PRIMING, connections));
    closeAll();
    final long heapBefore = liveHeapBytes();
    final long residentBefore = ProcFs.residentKib(pid);
    open(connections);
    final long heapAfter = liveHeapBytes();
    final long residentAfter = ProcFs.residentKib(pid);
    for (Channel channel : open) {
      if (!channel.isActive()) {
        throw new IOException("the server closed an idle connection");
      }
    }
    return new Memory(connections, residentBefore, residentAfter, heapBefore, heapAfter);
  }

  private void open(int connections)
      throws InterruptedException, ExecutionException, TimeoutException {
    Semaphore free = new Semaphore(HANDSHAKES_AT_ONCE);
    List<Future<Channel>> opening = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      if (!free.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new TimeoutException("a handshake hangs");
      }
      Future<Channel> connection = connector.connect(port, new ChannelInboundHandlerAdapter());
      connection.addListener(done -> free.release());
      opening.add(connection);
    }
    for (Future<Channel> connection : opening) {
      open.add(connection.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
  }

  private void closeAll() {
    for (Channel channel : open) {
      channel.close();
    }
    for (Channel channel : open) {
      channel.closeFuture().awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    open.clear();
  }

  /** What a full collection leaves: the last line of a class histogram, in every collector. */
  private long liveHeapBytes() throws IOException, InterruptedException {
    Thread.sleep(SETTLE_MILLIS);
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    long bytes = -1;
    try (BufferedReader lines = jcmd.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.trim().split("\\s+", -1);
        if (words[0].equals("Total")) {
          bytes = Long.parseLong(words[2]);
        }
      }
    }
    jcmd.waitFor();
    if (bytes < 0) {
      throw new IOException("jcmd could not read the heap of process " + pid);
    }
    Thread.sleep(SETTLE_MILLIS);
    return bytes;
  }

  @Override
  public void close() {
    closeAll();
    connector.close();
  }

  /** The two readings. */
  record Memory(
      int connections,
      long residentKibBefore,
      long residentKibAfter,
      long heapBefore,
      long heapAfter) {

    double residentKib() {
      return (double) (residentKibAfter - residentKibBefore) / connections;
    }

    double liveHeapKib() {
      return (heapAfter - heapBefore) / 1024.0 / connections;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d connections; RSS %d -> %d KiB, %.1f KiB each; live heap %d -> %d KiB, %.1f KiB each",
          connections,
          residentKibBefore,
          residentKibAfter,
          residentKib(),
          heapBefore / 1024,
          heapAfter / 1024,
          liveHeapKib());
    }
  }
}
