// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import dev.sluice.capture.CaptureRecord.OfSession;

/**
 * A record on its way to the file.
 *
 * @param session whose it is
 * @param record what is to be written
 */
record Recording(RecordedSession session, OfSession record) {}
