// SPDX-License-Identifier: Apache-2.0

/**
 * What every version of HTTP shares: requests handed to applications, their bodies and answers, the
 * node's own answers, and a registry of endpoints that applications may use.
 */
@NullMarked
package dev.sluice.protocol.http;

import org.jspecify.annotations.NullMarked;
