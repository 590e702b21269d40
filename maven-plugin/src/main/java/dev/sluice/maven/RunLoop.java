// SPDX-License-Identifier: Apache-2.0
package dev.sluice.maven;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a node on a project's classes: started anew when they change, until it ends by itself or is
 * told to. {@link #run} belongs to one thread, {@link #end} may be called from any.
 */
final class RunLoop {

  private static final Duration LOOK = Duration.ofMillis(300);

  private final ServedProject project;
  private final NodeProcess.Command command;
  private final Consumer<String> told;
  private final AtomicBoolean ending = new AtomicBoolean();

  /** Set under the lock with a look at {@link #ending}, so that no node starts behind the end. */
  private @Nullable NodeProcess running;

  RunLoop(ServedProject project, NodeProcess.Command command, Consumer<String> told) {
    this.project = project;
    this.command = command;
    this.told = told;
  }

  /**
   * Runs.
   *
   * @return 0 for an end that somebody wanted; else the status of a node that ended by itself
   *     before anything had changed
   */
  int run() throws IOException, InterruptedException {
    boolean first = true;
    while (true) {
      Snapshot served = settled();
      NodeProcess node;
      try {
        node = start();
      } catch (NoSuchFileException e) {
        continue; // A compiler has begun again.
      }
      if (node == null) {
        return 0;
      }
      boolean changed = awaitChange(node, served);
      if (!changed) {
        int status = node.status();
        if (ending.get() || first || ended(status)) {
          return ended(status) ? 0 : status;
        }
        told.accept("The node can't run so. It starts anew with the next change.");
        while (!ending.get() && Snapshot.of(project.watched()).equals(served)) {
          Thread.sleep(LOOK.toMillis());
        }
      } else {
        told.accept("The project has changed: connections may finish, then the node starts anew.");
        node.stop();
      }
      first = false;
    }
  }

  /** Ends the node in order and {@link #run} with it. Returns when it has ended. */
  void end() {
    ending.set(true);
    NodeProcess node;
    synchronized (this) {
      node = running;
    }
    if (node != null) {
      node.stop();
    }
  }

  private @Nullable NodeProcess start() throws IOException {
    project.lay();
    synchronized (this) {
      if (ending.get()) {
        return null;
      }
      NodeProcess started = command.start();
      running = started;
      return started;
    }
  }

  /** Whether the project has changed before the node ended. */
  private boolean awaitChange(NodeProcess node, Snapshot served)
      throws IOException, InterruptedException {
    while (!node.awaitExit(LOOK)) {
      if (!ending.get() && !Snapshot.of(project.watched()).equals(served)) {
        return true;
      }
    }
    return false;
  }

  /** As it is once nothing has moved for a while: a compiler writes many files. */
  private Snapshot settled() throws IOException, InterruptedException {
    Snapshot seen = Snapshot.of(project.watched());
    while (!ending.get()) {
      Thread.sleep(LOOK.toMillis());
      Snapshot again = Snapshot.of(project.watched());
      if (again.equals(seen) && project.problem().isEmpty()) {
        break;
      }
      seen = again;
    }
    return seen;
  }

  /** By the operator's call, by Ctrl-C or by SIGTERM: as whoever did it wanted. */
  private static boolean ended(int status) {
    return status == 0 || status == 130 || status == 143;
  }
}
