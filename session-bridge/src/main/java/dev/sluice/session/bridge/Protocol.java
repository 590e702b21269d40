// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.ProtocolDetector;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A protocol as it is served or spoken: the answers that it gave about itself, read once so that no
 * connection asks again, and its settings there.
 *
 * @param name what configuration calls it
 * @param subsystem makes the sessions
 * @param execution where calls into its sessions run
 * @param speaksFirst whether a session is made before the first bytes
 * @param alpn ALPN names, the preferred one first
 * @param detector knows its clients by their first bytes; null where it has none
 * @param detectorBytes how many bytes that takes at most; of no meaning without a detector
 * @param settings bound for where it is used; null where it has none
 * @param classLoader the context class loader of calls into the protocol
 */
public record Protocol(
    String name,
    CustomProtocolSubsystem subsystem,
    Execution execution,
    boolean speaksFirst,
    List<String> alpn,
    @Nullable ProtocolDetector detector,
    int detectorBytes,
    @Nullable Record settings,
    @Nullable ClassLoader classLoader) {

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if the detector's bytes are out of bounds
   */
  public Protocol {
    alpn = List.copyOf(alpn);
    if (detector != null && (detectorBytes < 1 || detectorBytes > ProtocolDetector.MOST_BYTES)) {
      throw new IllegalArgumentException(
          "the detector of " + name + " wants " + detectorBytes + " bytes");
    }
  }

  /**
   * Asks the protocol.
   *
   * @param subsystem the protocol
   * @return its answers, without settings
   */
  public static Protocol of(CustomProtocolSubsystem subsystem) {
    ProtocolDetector detector = subsystem.detector().orElse(null);
    return new Protocol(
        Objects.requireNonNull(subsystem.name()),
        subsystem,
        subsystem.execution(),
        subsystem.speaksFirst(),
        subsystem.alpnProtocols(),
        detector,
        detector == null ? 0 : detector.maxBytes(),
        null,
        subsystem.getClass().getClassLoader());
  }

  /**
   * The same with settings.
   *
   * @param bound what {@link dev.sluice.api.SessionContext#settings} answers; null for none
   * @return a copy
   */
  public Protocol withSettings(@Nullable Record bound) {
    return new Protocol(
        name, subsystem, execution, speaksFirst, alpn, detector, detectorBytes, bound, classLoader);
  }

  /**
   * The same with others to make its sessions, such as some that look on.
   *
   * @param maker in the place of the subsystem; it is asked for nothing but sessions
   * @return a copy
   */
  public Protocol madeBy(CustomProtocolSubsystem maker) {
    return new Protocol(
        name, maker, execution, speaksFirst, alpn, detector, detectorBytes, settings, classLoader);
  }
}
