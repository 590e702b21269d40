// SPDX-License-Identifier: Apache-2.0

/**
 * Hosts a Netty {@link io.netty.channel.ChannelPipeline} as a {@link dev.sluice.api.Session}, so
 * that every Netty codec can be a protocol.
 */
@NullMarked
package dev.sluice.session.netty;

import org.jspecify.annotations.NullMarked;
