// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.protocol.http.RequestHead;

/**
 * A valid request, and what it means for the connection.
 *
 * @param request for the application
 * @param http10 whether the client speaks HTTP/1.0
 * @param keepAlive whether another request may follow
 */
record Http1Head(RequestHead request, boolean http10, boolean keepAlive) {}
