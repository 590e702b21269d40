// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A connection that was refused at accept, for Java Flight Recorder. */
@Name("dev.sluice.ConnectionRefused")
@Label("Connection Refused")
@Description("A connection was closed at accept, before it had an id")
@Category("Sluice")
@StackTrace(false)
final class ConnectionRefusedEvent extends Event {

  @Label("Interface")
  @Nullable String interfaceName;

  @Label("Protocol")
  @Nullable String protocol;

  @Label("Remote Address")
  @Nullable String remote;

  @Label("Reason")
  @Nullable String reason;

  @Label("Closed By")
  @Nullable String closedBy;

  @Label("Limit")
  @Description("The configuration key of the limit that was reached")
  @Nullable String limit;

  void fill(EndpointOptions options, @Nullable String from, Ending ending) {
    interfaceName = options.name();
    protocol = options.protocols().names();
    remote = from;
    reason = ending.reason().code();
    closedBy = ending.by().name();
    limit = ending.limit();
  }
}
