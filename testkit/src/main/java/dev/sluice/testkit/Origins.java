// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.session.bridge.Connections;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Finds the frame of a stack that an author wants to see: one of their own. */
final class Origins {

  private static final String ENGINE = Connections.class.getPackageName() + '.';
  private static final String API = "dev.sluice.api.";
  private static final String TRANSPORT = "dev.sluice.transport.";
  private static final String KIT = Origins.class.getPackageName() + '.';

  /**
   * By name: the kit shares its package with its tests, and not the place where its classes are.
   */
  private static final Map<String, Boolean> OWN = new ConcurrentHashMap<>();

  private Origins() {}

  /** Whether a class is of the JDK, of Netty or of the node, as far as its name tells. */
  static boolean isForeign(String name) {
    return name.startsWith("java.")
        || name.startsWith("jdk.")
        || name.startsWith("sun.")
        || name.startsWith("io.netty.")
        || name.startsWith(API)
        || name.startsWith(ENGINE)
        || name.startsWith(TRANSPORT);
  }

  private static boolean isOwn(String name) {
    return name.startsWith(KIT) && OWN.computeIfAbsent(name, Origins::isOfTheKit);
  }

  private static boolean isOfTheKit(String name) {
    try {
      Class<?> type = Class.forName(name, false, Origins.class.getClassLoader());
      return Objects.equals(
          type.getProtectionDomain().getCodeSource(),
          Origins.class.getProtectionDomain().getCodeSource());
    } catch (ClassNotFoundException | LinkageError elsewhere) {
      // A lambda's hidden class, or one of another loader.
      return false;
    }
  }

  /** Whose code has come to where the stack was written down. */
  static Optional<StackTraceElement> caller(Throwable at) {
    return Arrays.stream(at.getStackTrace())
        .filter(frame -> !isForeign(frame.getClassName()) && !isOwn(frame.getClassName()))
        .findFirst();
  }

  /** The node's own frame, for what no author's code has asked for. */
  static Optional<StackTraceElement> node(Throwable at) {
    return Arrays.stream(at.getStackTrace())
        .filter(frame -> frame.getClassName().startsWith("dev.sluice."))
        .filter(frame -> !isOwn(frame.getClassName()))
        .findFirst();
  }
}
