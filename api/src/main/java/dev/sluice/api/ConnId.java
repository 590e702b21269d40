// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Names one connection, UDP peer or stream for the life of the node; never used twice.
 *
 * <p>Opaque: compare with {@code equals}, print for a log. Connections that the node accepted have
 * positive values, those that it opened negative ones. Immutable and safe to keep for ever: it
 * holds nothing of the connection.
 */
public final class ConnId implements Comparable<ConnId> {

  private final long value;
  private final @Nullable ConnId parent;

  private ConnId(long value, @Nullable ConnId parent) {
    if (value == 0) {
      throw new IllegalArgumentException("0 is no connection id");
    }
    this.value = value;
    this.parent = parent;
  }

  /**
   * The id of a connection of its own.
   *
   * @param value not 0
   * @return the id
   */
  public static ConnId of(long value) {
    return new ConnId(value, null);
  }

  /**
   * The id of a stream within another connection.
   *
   * @param value not 0
   * @param parent the connection that carries the stream
   * @return the id
   */
  public static ConnId of(long value, ConnId parent) {
    return new ConnId(value, parent);
  }

  /**
   * The number.
   *
   * @return positive where the node accepted, negative where it connected
   */
  public long value() {
    return value;
  }

  /**
   * The connection that carries this stream.
   *
   * @return empty for a connection of its own
   */
  public Optional<ConnId> parent() {
    return Optional.ofNullable(parent);
  }

  @Override
  public int compareTo(ConnId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConnId id && id.value == value;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
