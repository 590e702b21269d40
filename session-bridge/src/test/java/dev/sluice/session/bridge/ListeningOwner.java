// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Remembers what it is told. Any thread. */
class ListeningOwner extends CallsOwner {

  final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());

  @Override
  void failedWithin(Throwable thrown) {
    failures.add(thrown);
  }

  @Override
  void callsRested() {}

  @Override
  void flushWritten() {}
}
