// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.session.bridge.Connections;
import java.util.Objects;
import java.util.Optional;

/** Finds the frame of a stack that an author wants to see: one of their own. */
final class Origins {

  private static final StackWalker STACK =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
  private static final String ENGINE = Connections.class.getPackageName() + '.';
  private static final String API = "dev.sluice.api.";
  private static final String TRANSPORT = "dev.sluice.transport.";

  /** The kit shares its package with its tests, and not the place where its classes are. */
  private static final ClassValue<Boolean> OWN =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          return Objects.equals(
              type.getProtectionDomain().getCodeSource(),
              Origins.class.getProtectionDomain().getCodeSource());
        }
      };

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

  /** Whose code has called what calls this. A frame, and not its text: most are never looked at. */
  static Optional<StackWalker.StackFrame> caller() {
    return STACK.walk(
        frames ->
            frames
                .filter(
                    frame ->
                        !isForeign(frame.getClassName()) && !OWN.get(frame.getDeclaringClass()))
                .findFirst());
  }

  /** The node's own frame, for what no author's code has asked for. */
  static Optional<StackWalker.StackFrame> node() {
    return STACK.walk(
        frames ->
            frames
                .filter(
                    frame ->
                        frame.getClassName().startsWith("dev.sluice.")
                            && !OWN.get(frame.getDeclaringClass()))
                .findFirst());
  }
}
