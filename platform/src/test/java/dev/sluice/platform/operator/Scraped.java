// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

/** What Prometheus would get, without a request for it. */
public final class Scraped implements AutoCloseable {

  private final PrometheusMetrics metrics;

  public Scraped(OperatedNode node) {
    metrics = new PrometheusMetrics(node);
  }

  /** As text, and with the other arguments as OpenMetrics. */
  public String text(String type) {
    return metrics.scrape(type);
  }

  @Override
  public void close() {
    metrics.close();
  }
}
