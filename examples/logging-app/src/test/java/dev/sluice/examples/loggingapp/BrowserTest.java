// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http2.Http2Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application from a page in a browser, which speaks HTTP/2 because it was offered. */
class BrowserTest {

  private static final String PAGE =
      """
      <!doctype html><title>log</title><p id="told">nothing yet</p><script>
      async function ask() {
        const kept = await fetch('/app/log/page', {method: 'POST', body: 'from a page'});
        const texts = await Promise.all([
          fetch('/app/log/page').then(r => r.text()),
          fetch('/app/download/300000').then(r => r.text()).then(t => t.length),
          fetch('/app/slow/20').then(r => r.text()),
          fetch('/app/whoami').then(r => r.text())]);
        const spoken = performance.getEntriesByType('navigation')
            .concat(performance.getEntriesByType('resource')).map(e => e.nextHopProtocol);
        return [kept.status, ...texts, ...new Set(spoken)].map(t => String(t).trim()).join('; ');
      }
      ask().catch(String).then(text => document.getElementById('told').textContent = text);
      </script>
      """;

  @TempDir Path folder;

  @Test
  void aPageAndAllThatItAsksForComeByHttp2() throws Exception {
    Optional<Path> chromium =
        List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome").stream()
            .map(Path::of)
            .filter(Files::isExecutable)
            .findFirst();
    if (chromium.isEmpty()) {
      System.err.println("NOT TESTED: a page over HTTP/2, since there is no Chromium here");
    }
    assumeThat(chromium).as("Chromium is there").isPresent();
    HttpNode.Options options = new HttpNode.Options();
    options.protocol = new Http2Protocol();
    options.tls = true;
    try (HttpNode node = options.start(new LoggingApp(), new Page())) {
      String dom = load(chromium.get(), "https://localhost:" + node.port() + "/page");
      assertThat(dom)
          .contains("201; from a page; 300000; after 20 ms; anonymous by HTTP/2, TLSv1.3; h2</p>");
    }
  }

  /** What the page has become when its requests are answered. */
  private String load(Path chromium, String url) throws Exception {
    Path dom = folder.resolve("dom.html");
    Process process =
        new ProcessBuilder(
                chromium.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--ignore-certificate-errors",
                "--user-data-dir=" + folder.resolve("profile"),
                "--virtual-time-budget=20000",
                "--dump-dom",
                url)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(dom.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the browser ends").isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    return Files.readString(dom);
  }

  /** What a browser shows. */
  private static final class Page implements RpcHandler {

    @Override
    public String name() {
      return "page";
    }

    @Override
    public List<String> prefixes() {
      return List.of("/page");
    }

    @Override
    public void handle(RpcContext request) {
      boolean unused =
          request.respond(
              RpcResponse.of(200).header("content-type", "text/html; charset=utf-8").body(PAGE));
    }
  }
}
