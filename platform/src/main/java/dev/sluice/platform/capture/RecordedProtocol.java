// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import dev.sluice.api.CaptureRedactor;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A protocol of an interface, as a capture tells of it.
 *
 * @param used its record
 * @param redactor what is to be overwritten
 * @param classLoader the context class loader of calls into the redactor
 */
public record RecordedProtocol(
    ProtocolUsed used, Optional<CaptureRedactor> redactor, @Nullable ClassLoader classLoader) {}
