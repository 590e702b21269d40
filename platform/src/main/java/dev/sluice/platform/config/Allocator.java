// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

/** Which of Netty's buffer allocators the node uses. */
public enum Allocator {
  /** Sizes its chunks by what is asked for. */
  ADAPTIVE,
  /** Arenas with caches for each thread. */
  POOLED
}
