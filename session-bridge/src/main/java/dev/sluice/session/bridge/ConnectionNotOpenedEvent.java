// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A connection that the node could not open, for Java Flight Recorder. */
@Name("dev.sluice.ConnectionNotOpened")
@Label("Connection Not Opened")
@Description("An attempt to open a connection has failed before there was one")
@Category("Sluice")
@StackTrace(false)
final class ConnectionNotOpenedEvent extends Event {

  @Label("Target")
  @Nullable String target;

  @Label("Protocol")
  @Nullable String protocol;

  @Label("Reason")
  @Nullable String reason;

  @Label("Limit")
  @Description("The configuration key of the limit that was reached")
  @Nullable String limit;

  @Label("Note")
  @Nullable String note;

  void fill(String to, String by, Ending ending) {
    target = to;
    protocol = by;
    reason = ending.reason().code();
    limit = ending.limit();
    note = ending.detail();
  }
}
