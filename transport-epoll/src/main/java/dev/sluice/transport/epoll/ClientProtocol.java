// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.outbound.ClientSessionFactory;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A protocol's client's side, with the answers that it gave about itself.
 *
 * @param <S> the type of its sessions
 * @param name what lists and records call it
 * @param factory makes the sessions
 * @param execution where calls into them run
 * @param alpn names to offer where an attempt names none
 * @param classLoader the context class loader of calls into the sessions
 */
public record ClientProtocol<S extends Session>(
    String name,
    ClientSessionFactory<S> factory,
    Execution execution,
    List<String> alpn,
    @Nullable ClassLoader classLoader) {

  /** The longest name that lists and records are given. */
  private static final int LONGEST_NAME = 64;

  /** Copies the list, and cuts a name that is too long. */
  public ClientProtocol {
    alpn = List.copyOf(alpn);
    name = name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
  }

  /**
   * Asks the factory.
   *
   * @param <S> the type of its sessions
   * @param factory the caller's own
   * @param classLoader the caller's
   * @return its answers
   */
  static <S extends Session> ClientProtocol<S> of(
      ClientSessionFactory<S> factory, @Nullable ClassLoader classLoader) {
    return new ClientProtocol<>(
        Objects.requireNonNull(factory.name()),
        factory,
        Objects.requireNonNull(factory.execution()),
        List.of(),
        classLoader);
  }
}
