// SPDX-License-Identifier: Apache-2.0

/** An HTTP application in one small jar: a log, and bodies streamed both ways. */
@NullMarked
package dev.sluice.examples.loggingapp;

import org.jspecify.annotations.NullMarked;
