// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseCombiner;
import java.util.ArrayList;
import java.util.List;

/**
 * The same request over and over on many streams of each connection, the next in the place of one
 * only when its answer is whole.
 */
final class Http2Load extends Load {

  private final Connector connector;
  private final int port;
  private final int connections;
  private final int streams;
  private final Http2Exchange exchange;
  private final List<Http2Client> clients = new ArrayList<>();

  /** Keeps that many streams open at a time on each of the connections. */
  Http2Load(Connector connector, int port, int connections, int streams, Http2Exchange exchange) {
    super(connector.loop());
    this.connector = connector;
    this.port = port;
    this.connections = connections;
    this.streams = streams;
    this.exchange = exchange;
  }

  @Override
  Future<?> open() {
    Promise<Void> opened = loop().newPromise();
    PromiseCombiner all = new PromiseCombiner(loop());
    for (int i = 0; i < connections; i++) {
      Http2Client client = new Http2Client(this, streams, exchange);
      clients.add(client);
      all.add((Future<?>) client.ready());
      connector
          .connect(port, client)
          .addListener(
              (Future<Channel> connected) -> {
                if (connected.isSuccess()) {
                  client.greet();
                } else {
                  fail(connected.cause());
                }
              });
    }
    all.finish(opened);
    failure().addListener(failed -> opened.tryFailure(failed.cause()));
    return opened;
  }

  @Override
  protected void begin() {
    clients.forEach(Http2Client::start);
  }
}
