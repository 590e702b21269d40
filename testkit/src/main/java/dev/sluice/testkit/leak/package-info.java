// SPDX-License-Identifier: Apache-2.0
/** Fails a test run that leaks a buffer; being on the test class path is enough. */
@NullMarked
package dev.sluice.testkit.leak;

import org.jspecify.annotations.NullMarked;
