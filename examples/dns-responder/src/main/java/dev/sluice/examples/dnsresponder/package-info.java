// SPDX-License-Identifier: Apache-2.0
/** DNS responder: a protocol on datagrams that answers from its settings. */
@NullMarked
package dev.sluice.examples.dnsresponder;

import org.jspecify.annotations.NullMarked;
