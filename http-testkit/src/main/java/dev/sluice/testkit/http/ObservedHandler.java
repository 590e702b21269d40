// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.RequestLimits;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcService;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Passes everything on to an application, and notes what comes of its requests. */
final class ObservedHandler implements RpcHandler {

  private final RpcHandler application;
  private final Findings findings;
  private final BooleanSupplier goesOn;

  /**
   * @param goesOn what happens while a call waits; false: nothing does
   */
  ObservedHandler(RpcHandler application, Findings findings, BooleanSupplier goesOn) {
    this.application = application;
    this.findings = findings;
    this.goesOn = goesOn;
  }

  /** What a node asks an application for at its start. */
  RpcService service() {
    RpcService asked = RpcService.of(application);
    return new RpcService(
        asked.name(), asked.prefixes(), asked.execution(), this, asked.classLoader());
  }

  @Override
  public void handle(RpcContext request) throws Exception {
    ObservedRequest observed = new ObservedRequest(request, findings, goesOn);
    findings.begun(observed);
    try {
      application.handle(observed);
    } catch (Throwable failure) {
      observed.threw(failure);
      throw failure;
    }
  }

  @Override
  public RequestLimits limits(String method, String path) {
    return application.limits(method, path);
  }

  @Override
  public String name() {
    return application.name();
  }

  @Override
  public List<String> prefixes() {
    return application.prefixes();
  }

  @Override
  public Execution execution() {
    return application.execution();
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return application.settingsType();
  }

  @Override
  public void start(ApplicationContext context) throws Exception {
    application.start(context);
  }

  @Override
  public void stop() {
    application.stop();
  }
}
