// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import org.jspecify.annotations.Nullable;

/** What is remembered of a connection for views and for the record of its end. */
final class ConnectionStory {

  private final Connections connections;
  private final long openedAt;
  private final long openedAtMillis;

  // Any thread writes, the close record reads.
  private volatile @Nullable String note;

  // Written on the loop, read by whoever lists connections.
  private volatile @Nullable CertificateVersion certificate;

  // Written on the loop, once: nothing carries the bytes any more.
  private volatile long goneAt;
  private volatile boolean gone;

  ConnectionStory(Connections connections) {
    this.connections = connections;
    this.openedAt = connections.now();
    this.openedAtMillis = connections.wall().millis();
  }

  void note(String text) {
    note = text;
  }

  @Nullable String note() {
    return note;
  }

  void servedWith(CertificateVersion version) {
    certificate = version;
  }

  @Nullable CertificateVersion certificate() {
    return certificate;
  }

  void gone() {
    goneAt = connections.now();
    gone = true;
  }

  boolean isGone() {
    return gone;
  }

  long openedAtMillis() {
    return openedAtMillis;
  }

  /** Nanoseconds from its begin until now, or until it was gone. */
  long age() {
    return (gone ? goneAt : connections.now()) - openedAt;
  }

  /** Nanoseconds since it was gone. */
  long sinceEnd() {
    return connections.now() - goneAt;
  }
}
