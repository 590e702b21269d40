// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

import dev.sluice.api.Execution;
import dev.sluice.api.NodeContext;
import dev.sluice.platform.Version;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.concurrent.Executor;

/** What a protocol as a whole may use while its sessions are played: nothing that connects. */
record ReplayContext(ReplayLoop loop) implements NodeContext {

  @Override
  public String nodeVersion() {
    return Version.CURRENT;
  }

  @Override
  public Executor executor(Execution execution) {
    if (execution == Execution.EVENT_LOOP) {
      throw new IllegalArgumentException("event loops belong to connections");
    }
    return loop.workers();
  }

  @Override
  public ByteBufAllocator allocator() {
    return UnpooledByteBufAllocator.DEFAULT;
  }
}
