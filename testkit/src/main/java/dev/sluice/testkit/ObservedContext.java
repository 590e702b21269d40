// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.session.bridge.strict.ForwardingContext;
import java.time.Duration;

/** Answers what the engine's context answers, and tells the observer of tasks and notes. */
final class ObservedContext extends ForwardingContext {

  private final Observer observer;

  ObservedContext(SessionContext context, Observer observer) {
    super(context);
    this.observer = observer;
  }

  @Override
  public boolean execute(Runnable task) {
    return context.execute(() -> observer.call("a task", task));
  }

  @Override
  public ScheduledTask schedule(Duration delay, Runnable task) {
    if (delay.isNegative()) {
      observer.violations().add("a task was scheduled with a negative delay: " + delay);
    }
    return context.schedule(delay, () -> observer.call("a task", task));
  }

  @Override
  public void note(String text) {
    observer.note(text);
    context.note(text);
  }
}
