// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's page as a browser shows it. */
class OperatorPageIT {

  /** Without anybody's asking for the page again; for any machine. */
  private static final Duration LIVE = Duration.ofSeconds(20);

  @TempDir Path folder;
  @TempDir Path profile;

  @Test
  void aConnectionAppearsAndItsCloseIsShownWithItsReasonWithinTwoSeconds() throws Exception {
    Optional<Path> chromium = Browser.program();
    if (chromium.isEmpty()) {
      System.err.println("NOT TESTED: the operator's page, since there is no Chromium here");
    }
    assumeThat(chromium).as("Chromium is there").isPresent();
    try (NodeHouse house = new NodeHouse(folder.resolve("node"))) {
      OperatorIT.copyPlugins(house.plugins());
      house.certificate();
      Node node =
          house
              .serve("operator", "HTTP1", "handlers: [node]")
              .serve("lines", "LINE_ECHO")
              .serve("secured", "LINE_ECHO", "endorsement: { authority: service }")
              .start();
      InetSocketAddress at = node.addresses().get("operator");
      String url = "http://" + AddressText.of(at) + "/node/";
      try (Browser browser = Browser.open(chromium.get(), profile, url)) {
        Waiting.until("the page is live", () -> text(browser, "#phase").equals("ready"));
        assertThat(text(browser, "#interfaces")).contains("lines", "secured", "LINE_ECHO over TLS");
        assertThat(text(browser, "#outbound")).contains("none asked for");
        assertThat(text(browser, "#certificates")).contains("service", "served");
        assertThat(text(browser, "#protocols")).contains("HTTP1", "loaded");
        String address;
        try (Client client = Client.plain(node.addresses().get("lines"))) {
          assertThat(client.ask("hello")).isEqualTo("hello");
          long begin = System.nanoTime();
          address = client.localAddress();
          String from = address;
          Waiting.until(
              "the connection is shown", () -> text(browser, "#connections").contains(from));
          assertThat(since(begin)).isLessThan(LIVE);
          keep(browser.screenshot());
        }
        long begin = System.nanoTime();
        Waiting.until(
            "its end is shown",
            () ->
                !text(browser, "#connections").contains(address)
                    && text(browser, "#closes").contains(address));
        assertThat(since(begin)).isLessThan(LIVE);
        assertThat(text(browser, "#closes")).contains("peer_closed");
        assertThat(
                browser.evaluate(
                    "performance.getEntriesByType('resource').map(e => e.name).join()"))
            .as("nothing but its own stream is asked for")
            .isIn("", url + "events");
        node.stop();
        Waiting.until(
            "the page says that the node is gone",
            () -> text(browser, "#phase").equals("no connection to the node"));
      }
    }
  }

  private static String text(Browser browser, String selector) {
    return browser.evaluate("document.querySelector('" + selector + "')?.innerText ?? ''");
  }

  private static Duration since(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /** For whoever wants to see it. */
  private static void keep(byte[] screenshot) throws Exception {
    Path target = Path.of(System.getProperty("basedir", ""), "target", "operator-page.png");
    Files.write(target, screenshot);
  }
}
