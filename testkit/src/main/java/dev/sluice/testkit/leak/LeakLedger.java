// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.leak;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Makes Netty's leak detectors and writes down what they report; any thread. */
final class LeakLedger extends ResourceLeakDetectorFactory {
  /** A buffer that only another leaked object referred to is found a collection later. */
  private static final int COLLECTIONS = 4;

  private static final long COLLECTION_MILLIS = 5_000;

  private final List<ResourceLeakDetector<Object>> detectors = new CopyOnWriteArrayList<>();
  private final Queue<String> leaks = new ConcurrentLinkedQueue<>();

  @Override
  @SuppressWarnings("deprecation") // abstract in the base class
  public <T> ResourceLeakDetector<T> newResourceLeakDetector(
      Class<T> resource, int samplingInterval, long maxActive) {
    return newResourceLeakDetector(resource, samplingInterval);
  }

  @Override
  @SuppressWarnings("unchecked") // the kept reference is only ever handed plain objects to track
  public <T> ResourceLeakDetector<T> newResourceLeakDetector(
      Class<T> resource, int samplingInterval) {
    ResourceLeakDetector<T> detector = new RecordingDetector<>(resource, samplingInterval);
    detectors.add((ResourceLeakDetector<Object>) detector);
    return detector;
  }

  /** Returns once what was unreachable on entry is in the ledger, or the time for that is up. */
  void settle() {
    for (int i = 0; i < COLLECTIONS; i++) {
      awaitCollection();
      detectors.forEach(LeakLedger::poll);
    }
  }

  /** All leaks as text, empty if there are none. */
  String describe() {
    List<String> all = List.copyOf(leaks);
    if (all.isEmpty()) {
      return "";
    }
    return all.size()
        + " kind(s) of leak: something was dropped without release()\n"
        + String.join("\n", all);
  }

  /** A sentinel tells when a collection is through, where sleeping would only hope so. */
  private static void awaitCollection() {
    ReferenceQueue<Object> collected = new ReferenceQueue<>();
    WeakReference<Object> sentinel = new WeakReference<>(new Object(), collected);
    System.gc();
    try {
      if (collected.remove(COLLECTION_MILLIS) != sentinel) {
        System.err.println("No garbage collection ran: leaks may have gone unseen");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A detector looks at its queue of collected objects only when it is given a new one. */
  private static void poll(ResourceLeakDetector<Object> detector) {
    Object probe = new Object();
    @Nullable ResourceLeakTracker<Object> tracker = detector.track(probe);
    if (tracker != null) {
      tracker.close(probe);
    }
  }

  private final class RecordingDetector<T> extends ResourceLeakDetector<T> {
    RecordingDetector(Class<T> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    /** Whatever the log level: without this a leak is forgotten where errors are not logged. */
    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      leaks.add("LEAK: " + resourceType + records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      leaks.add(
          "LEAK: " + resourceType + " (not traced: set io.netty.leakDetection.level=paranoid)");
    }
  }
}
