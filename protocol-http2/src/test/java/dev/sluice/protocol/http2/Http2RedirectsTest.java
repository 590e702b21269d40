// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.protocol.http1.RedirectPromises;

class Http2RedirectsTest extends RedirectPromises {

  @Override
  protected CustomProtocolSubsystem version() {
    return new Http2Protocol();
  }
}
