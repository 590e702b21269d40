// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.soundslike;

import com.google.auto.service.AutoService;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import org.apache.commons.codec.language.DoubleMetaphone;

/** Says whether two words sound alike in English. The rules are a library's, which is in the jar. */
@AutoService(RpcHandler.class)
public final class SoundsLike extends EndpointHandler {

  private final DoubleMetaphone rules = new DoubleMetaphone();

  /** For the node. */
  public SoundsLike() {
    super("sounds-like", "/sounds-like");
  }

  @Override
  protected void endpoints(Endpoints to) {
    to.get("/sounds-like/{one}/{other}", this::compare);
  }

  private void compare(EndpointCall call) {
    boolean alike = rules.isDoubleMetaphoneEqual(call.parameter("one"), call.parameter("other"));
    call.respond(RpcResponse.text(alike ? "alike\n" : "not alike\n"));
  }
}
