// SPDX-License-Identifier: Apache-2.0

/** What a request costs a client, beside Netty's own pipeline and the JDK's client. */
@NullMarked
package dev.sluice.benchmarks.clients;

import org.jspecify.annotations.NullMarked;
