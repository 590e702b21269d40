// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.RpcContext;
import io.netty.buffer.ByteBuf;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Takes a body of any length without keeping it. The client is as fast as the digest. */
final class Upload implements BodyReceiver {

  private final RpcContext request;
  private final MessageDigest digest;
  private long bytes;

  Upload(RpcContext request) throws NoSuchAlgorithmException {
    this.request = request;
    this.digest = MessageDigest.getInstance("SHA-256");
  }

  @Override
  public void part(ByteBuf data) {
    bytes += data.readableBytes();
    digest.update(data.nioBuffer());
  }

  @Override
  public void end() {
    String sum = HexFormat.of().formatHex(digest.digest());
    boolean unused =
        request.respond(
            Json.response(200, "{\"bytes\":" + bytes + ",\"sha256\":\"" + sum + "\"}\n"));
  }
}
