// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

/** The client sends what is no command; what comes behind it has no meaning. */
final class ProtocolException extends Exception {

  private static final long serialVersionUID = 1L;

  ProtocolException(String message) {
    super(message, null, false, false);
  }
}
