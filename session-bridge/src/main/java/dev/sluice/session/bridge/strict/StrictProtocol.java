// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge.strict;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.session.bridge.Protocol;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A protocol whose sessions are looked at. Costs a copy of each input, so that a buffer that is
 * used after its call is seen, and some checks at each call; for tests, trials, and nodes on which
 * a fault is looked for.
 */
public final class StrictProtocol implements CustomProtocolSubsystem {

  private final CustomProtocolSubsystem protocol;
  private final String name;
  private final boolean onLoop;
  private final ContractWatch watch;

  private StrictProtocol(Protocol protocol, ContractWatch watch) {
    this.protocol = protocol.subsystem();
    this.name = protocol.name();
    this.onLoop = protocol.execution() == Execution.EVENT_LOOP;
    this.watch = watch;
  }

  /**
   * The same protocol, with sessions that are looked at.
   *
   * @param protocol as it is to be served
   * @param watch hears what they do against their contract
   * @return in the place of the protocol
   */
  public static Protocol of(Protocol protocol, ContractWatch watch) {
    return protocol.madeBy(new StrictProtocol(protocol, watch));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return make("create", id, writer, protocol::create);
  }

  @Override
  public Session createCapped(ConnId id, SessionWriter writer) {
    return make("createCapped", id, writer, protocol::createCapped);
  }

  private Session make(
      String what,
      ConnId id,
      SessionWriter writer,
      BiFunction<ConnId, SessionWriter, @Nullable Session> maker) {
    Contract contract = new Contract(name, onLoop, id, writer, watch);
    StrictWriter strict = new StrictWriter(contract, id, writer);
    @Nullable Session[] made = {null};
    contract.call(what, () -> made[0] = maker.apply(id, strict));
    Session session = made[0];
    if (session == null) {
      throw new NullPointerException("no session");
    }
    return new StrictSession(contract, session, writer.context(id));
  }
}
