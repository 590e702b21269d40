// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.platform.Waiting;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The operator's threads go on whatever is thrown on them, and nothing ends there unheard. */
class OperatorFailuresTest {

  private static final Map<String, String> REQUEST =
      Map.of("method", "GET", "path", "/node/health/ready");

  @ParameterizedTest
  @ValueSource(
      classes = {IllegalStateException.class, LinkageError.class, StackOverflowError.class})
  void thePageIsTriedAgainAtEveryTurnAndTheFailureIsToldOnce(Class<? extends Throwable> thrown)
      throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(LiveEvents.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    ScheduledExecutorService threads = Executors.newSingleThreadScheduledExecutor();
    try {
      AtomicInteger asked = new AtomicInteger();
      OperatedNode node =
          stub(
              OperatedNode.class,
              Map.of(
                  "metrics",
                  () -> {
                    asked.incrementAndGet();
                    return failed(thrown);
                  }));
      LiveEvents events = new LiveEvents(new NodeState(node), threads);
      RpcContext request =
          stub(
              RpcContext.class,
              Map.of("respondStreaming", () -> stub(ResponseBody.class, Map.of())));

      assertThatThrownBy(() -> events.watch(request)).isInstanceOf(thrown);

      Waiting.until("there were further turns", () -> asked.get() >= 4);
      assertThat(log.list)
          .extracting(event -> event.getLevel() + " " + event.getFormattedMessage())
          .containsExactly("WARN the operator's page is not kept up to date");
      events.end();
    } finally {
      threads.shutdownNow();
      logger.detachAppender(log);
    }
  }

  @ParameterizedTest
  @ValueSource(
      classes = {IllegalStateException.class, LinkageError.class, StackOverflowError.class})
  void aRequestWhoseAnswerFailsFailsInItsOwnOrder(Class<? extends Throwable> thrown)
      throws Exception {
    OperatorHandler handler = new OperatorHandler(Set.of(), List.of());
    handler.attach(stub(OperatedNode.class, Map.of("ready", () -> failed(thrown))));
    handler.start(stub(ApplicationContext.class, Map.of()));
    LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    try {
      handler.handle(
          (RpcContext)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {RpcContext.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("execute")) {
                      tasks.add((Runnable) arguments[0]);
                    }
                    return REQUEST.get(method.getName());
                  }));

      Runnable failing = tasks.poll(30, TimeUnit.SECONDS);

      assertThat(failing).as("what fails in the request's order").isNotNull();
      assertThatThrownBy(failing::run).hasCauseInstanceOf(thrown);
    } finally {
      handler.stop();
    }
  }

  /** Answers what is named, and null to all else. */
  private static <T> T stub(Class<T> type, Map<String, Supplier<?>> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getReturnType() == boolean.class
                  && !answers.containsKey(method.getName())) {
                return false;
              }
              Supplier<?> answer = answers.get(method.getName());
              return answer == null ? null : answer.get();
            }));
  }

  private static Object failed(Class<? extends Throwable> thrown) {
    Throwable failure;
    try {
      failure = thrown.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(e);
    }
    if (failure instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) failure;
  }
}
