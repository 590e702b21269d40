// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.session.bridge.Protocol;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of a protocol in the place where another one has its server's, so that a
 * protocol that is spoken is a {@link Protocol} as one that is served is.
 */
public final class ClientSide implements CustomProtocolSubsystem {

  /** The longest name that lists and records are given. */
  private static final int LONGEST_NAME = 64;

  private final String name;
  private final ClientSessionFactory<?> factory;

  private ClientSide(String name, ClientSessionFactory<?> factory) {
    this.name = name;
    this.factory = factory;
  }

  /**
   * A protocol as it is spoken, by what is known of it.
   *
   * @param name what lists and records call it; cut if it is too long
   * @param factory makes the sessions
   * @param execution where calls into them run
   * @param alpn names to offer where an attempt names none
   * @param classLoader the context class loader of calls into the sessions
   * @return without settings
   */
  public static Protocol of(
      String name,
      ClientSessionFactory<?> factory,
      Execution execution,
      List<String> alpn,
      @Nullable ClassLoader classLoader) {
    String shown = name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
    ClientSide side = new ClientSide(shown, factory);
    return new Protocol(shown, side, execution, true, alpn, null, 0, null, classLoader);
  }

  /**
   * A protocol as it is spoken, by its factory's own answers.
   *
   * @param factory makes the sessions
   * @param classLoader the context class loader of calls into the sessions
   * @return without ALPN names and settings
   */
  public static Protocol of(ClientSessionFactory<?> factory, @Nullable ClassLoader classLoader) {
    return of(
        Objects.requireNonNull(factory.name()),
        factory,
        Objects.requireNonNull(factory.execution()),
        List.of(),
        classLoader);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return factory.create(id, writer);
  }
}
