// SPDX-License-Identifier: Apache-2.0
/** What an author tests a protocol with: no sockets, a clock set by hand, the contract as tests. */
@NullMarked
package dev.sluice.testkit;

import org.jspecify.annotations.NullMarked;
