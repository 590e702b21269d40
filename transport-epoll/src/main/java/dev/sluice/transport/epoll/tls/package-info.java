// SPDX-License-Identifier: Apache-2.0

/** TLS by BoringSSL: certificates, keys, whom to trust, and the contexts that are made of them. */
@NullMarked
package dev.sluice.transport.epoll.tls;

import org.jspecify.annotations.NullMarked;
