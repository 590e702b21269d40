// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.CustomProtocolSubsystem;

class Http1DecompressionTest extends DecompressionPromises {

  @Override
  protected CustomProtocolSubsystem version() {
    return new Http1Protocol();
  }
}
