// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.protocol.http1.DecompressionPromises;

class Http2DecompressionTest extends DecompressionPromises {

  @Override
  protected CustomProtocolSubsystem version() {
    return new Http2Protocol();
  }
}
