// SPDX-License-Identifier: Apache-2.0

/**
 * Sessions that a node has recorded, as a file: what was delivered to each and what it wrote, with
 * times and endings. A file is a sequence of records with lengths and checksums, so that it can be
 * read up to its last whole record whatever became of the node that wrote it.
 *
 * <p>{@link dev.sluice.capture.CaptureWriter} appends records, {@link
 * dev.sluice.capture.CaptureReader} reads them one by one, {@link dev.sluice.capture.Capture} holds
 * a whole file by its sessions, and {@link dev.sluice.capture.Pcapng} makes packets of it. Nothing
 * here knows of a node: whoever records and whoever replays sits on top.
 */
@NullMarked
package dev.sluice.capture;

import org.jspecify.annotations.NullMarked;
