// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A connection that has ended, for Java Flight Recorder: the fields of {@link CloseRecord}. */
@Name("dev.sluice.ConnectionClosed")
@Label("Connection Closed")
@Description("A connection has ended and its session has been told")
@Category("Sluice")
@StackTrace(false)
final class ConnectionClosedEvent extends Event {

  @Label("Sequence")
  long sequence;

  @Label("Connection")
  long id;

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
  @Description("The configuration key of the limit that was reached, or that cut the close short")
  @Nullable String limit;

  @Label("Note")
  @Nullable String note;

  @Label("Certificate")
  @Description("Name and generation of the certificate that it was served with")
  @Nullable String certificate;

  @Label("Capped")
  boolean capped;

  @Label("Age")
  @Timespan
  long age;

  @Label("Bytes In")
  @DataAmount
  long bytesIn;

  @Label("Bytes Out")
  @DataAmount
  long bytesOut;

  void fill(CloseRecord record) {
    sequence = record.sequence();
    id = record.id();
    interfaceName = record.interfaceName();
    protocol = record.protocol();
    remote = record.remote().orElse(null);
    reason = record.reason();
    closedBy = record.closedBy().name();
    limit = record.limit().orElse(null);
    note = record.note().orElse(null);
    certificate = record.certificate().map(CertificateVersion::toString).orElse(null);
    capped = record.capped();
    age = record.age().toNanos();
    bytesIn = record.bytesIn();
    bytesOut = record.bytesOut();
  }
}
