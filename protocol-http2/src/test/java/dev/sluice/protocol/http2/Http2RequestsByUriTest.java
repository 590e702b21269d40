// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.protocol.http1.RequestPromises;

class Http2RequestsByUriTest extends RequestPromises {

  @Override
  protected CustomProtocolSubsystem version() {
    return new Http2Protocol();
  }
}
