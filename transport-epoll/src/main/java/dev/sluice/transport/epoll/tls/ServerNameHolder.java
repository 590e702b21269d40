// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import io.netty.util.AttributeKey;

/** The host name that a client asked for, from its hello to the end of its handshake. */
record ServerNameHolder(String name) {

  static final AttributeKey<ServerNameHolder> KEY = AttributeKey.valueOf("sluice.serverName");
}
