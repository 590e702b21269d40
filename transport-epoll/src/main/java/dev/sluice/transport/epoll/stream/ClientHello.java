// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is read of a ClientHello (RFC 8446, section 4.1.2) before TLS begins.
 *
 * @param serverName the first host name of the server_name extension (RFC 6066, section 3)
 * @param alpn the names of the ALPN extension (RFC 7301, section 3.1); empty where there is none
 */
record ClientHello(Optional<String> serverName, List<String> alpn) {

  static final ClientHello EMPTY = new ClientHello(Optional.empty(), List.of());

  private static final int SERVER_NAME = 0;
  private static final int ALPN = 16;
  private static final int LONGEST_NAME = 255;

  /**
   * Reads the two extensions. A hello that is not well-formed gives what could be read: TLS itself
   * refuses it later, with the alert that fits.
   *
   * @param hello the handshake message's body, from legacy_version on; its reader index is left
   */
  static ClientHello parse(ByteBuf hello) {
    Optional<String> name = Optional.empty();
    List<String> alpn = List.of();
    try {
      ByteBuf in = hello.slice();
      in.skipBytes(2 + 32);
      in.skipBytes(in.readUnsignedByte());
      in.skipBytes(in.readUnsignedShort());
      in.skipBytes(in.readUnsignedByte());
      ByteBuf extensions = in.readSlice(in.readUnsignedShort());
      while (extensions.isReadable()) {
        int type = extensions.readUnsignedShort();
        ByteBuf body = extensions.readSlice(extensions.readUnsignedShort());
        if (type == SERVER_NAME) {
          name = serverName(body);
        } else if (type == ALPN) {
          alpn = alpn(body);
        }
      }
    } catch (IndexOutOfBoundsException malformed) {
      return new ClientHello(name, alpn);
    }
    return new ClientHello(name, alpn);
  }

  private static Optional<String> serverName(ByteBuf body) {
    ByteBuf list = body.readSlice(body.readUnsignedShort());
    while (list.isReadable()) {
      int type = list.readUnsignedByte();
      ByteBuf name = list.readSlice(list.readUnsignedShort());
      if (type == 0 && name.readableBytes() <= LONGEST_NAME) {
        return Optional.of(name.toString(StandardCharsets.US_ASCII));
      }
    }
    return Optional.empty();
  }

  private static List<String> alpn(ByteBuf body) {
    List<String> names = new ArrayList<>(4);
    ByteBuf list = body.readSlice(body.readUnsignedShort());
    while (list.isReadable()) {
      names.add(list.readSlice(list.readUnsignedByte()).toString(StandardCharsets.ISO_8859_1));
    }
    return names;
  }
}
