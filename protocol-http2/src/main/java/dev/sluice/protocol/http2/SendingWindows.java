// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.StreamByteDistributor;

/**
 * The windows that the peer gives. One that its SETTINGS move beyond what a window can be is an
 * error of the connection (RFC 9113, section 6.9.2): the codec would end the one stream, and leave
 * others with the window that they had.
 */
final class SendingWindows extends DefaultHttp2RemoteFlowController {

  SendingWindows(Http2Connection connection, StreamByteDistributor distributor) {
    super(connection, distributor);
  }

  @Override
  public void initialWindowSize(int size) throws Http2Exception {
    try {
      super.initialWindowSize(size);
    } catch (Http2Exception.StreamException ofOneStream) {
      throw Http2Exception.connectionError(
          ofOneStream.error(), ofOneStream, "SETTINGS overflow a window");
    }
  }
}
