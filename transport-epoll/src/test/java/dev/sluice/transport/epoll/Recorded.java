// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.CloseRecords;
import dev.sluice.session.bridge.ClosedBy;

/** What tests expect of the records of closed connections. */
final class Recorded {

  private Recorded() {}

  /** The one record there is, as soon as it is there. */
  static CloseRecord only(TestNode node) {
    CloseRecords records = node.transport.connections().closeRecords();
    TestNode.await("a record", () -> !records.latest(2).isEmpty());
    assertThat(records.latest(2)).hasSize(1);
    return records.latest(1).get(0);
  }

  /** Reason, by whom, and which limit ({@code null}: none). */
  static void assertTells(CloseRecord record, String reason, ClosedBy by, String limit) {
    assertThat(record.reason()).as("%s", record).isEqualTo(reason);
    assertThat(record.closedBy()).as("%s", record).isEqualTo(by);
    assertThat(record.limit().orElse(null)).as("%s", record).isEqualTo(limit);
  }
}
