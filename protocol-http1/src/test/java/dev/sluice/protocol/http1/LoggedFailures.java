// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What is logged of applications at WARN and above, for who holds {@link HttpNode#LOG}. */
public final class LoggedFailures extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  public final List<String> lines = new CopyOnWriteArrayList<>();

  public LoggedFailures() {
    start();
    log().addAppender(this);
  }

  private static Logger log() {
    return (Logger) LoggerFactory.getLogger("dev.sluice.protocol.http");
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
      lines.add(
          event.getFormattedMessage()
              + (event.getThrowableProxy() == null
                  ? ""
                  : " " + event.getThrowableProxy().getClassName()));
    }
  }

  @Override
  public void close() {
    log().detachAppender(this);
    stop();
  }
}
