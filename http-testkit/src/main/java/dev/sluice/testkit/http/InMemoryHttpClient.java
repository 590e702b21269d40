// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.testkit.InMemoryConnection;
import java.time.Duration;
import java.util.function.IntUnaryOperator;

/**
 * A client of an {@link InMemoryHttpNode}, with a connection of its own. It reads all that it is
 * sent, until it is told otherwise. What a method does has taken effect when it returns, answers
 * included. Of the test's thread.
 */
public final class InMemoryHttpClient {

  private final InMemoryHttpNode node;
  private final HttpClientSession session;
  private final InMemoryConnection near;
  private final InMemoryConnection far;
  private final Pipe requests;
  private final Pipe answers;

  /**
   * @param session of the client's end
   * @param near the client's end, whose peer is the wire
   * @param far the node's end
   */
  InMemoryHttpClient(
      InMemoryHttpNode node,
      HttpClientSession session,
      InMemoryConnection near,
      InMemoryConnection far) {
    this.node = node;
    this.session = session;
    this.near = near;
    this.far = far;
    this.requests = new Pipe(near, far, node::runOthers);
    this.answers = new Pipe(far, near, node::runOthers);
  }

  /**
   * Sends a request.
   *
   * @param request of a path; one that is {@code streamed()} is written by the call
   * @return the call; complete already unless the application waits for something
   */
  public InMemoryHttpCall send(HttpClientRequest request) {
    InMemoryHttpCall call = new InMemoryHttpCall(node, request.method() + ' ' + request.target());
    call.sent(session.send(request, call.receiver()));
    node.run();
    return call;
  }

  /**
   * Sends {@code GET}.
   *
   * @param path and query
   * @return as {@link #send}
   */
  public InMemoryHttpCall get(String path) {
    return send(HttpClientRequest.get(path));
  }

  /**
   * Sends {@code POST}.
   *
   * @param path and query
   * @param text sent as UTF-8
   * @return as {@link #send}
   */
  public InMemoryHttpCall post(String path, String text) {
    return send(HttpClientRequest.post(path, text));
  }

  /** Takes nothing more from the network, as a client that hangs. */
  public void stopReading() {
    answers.stop();
  }

  /**
   * Takes a little more; meant to follow {@link #stopReading}.
   *
   * @param bytes of the connection, heads and framing included
   */
  public void read(int bytes) {
    answers.let(bytes);
    node.run();
  }

  /** Takes everything again. */
  public void readOn() {
    answers.let(-1);
    node.run();
  }

  /** Is gone in the middle of whatever there is: its connection is reset. */
  public void vanish() {
    far.reset();
    near.reset();
    node.run();
  }

  /** Sends nothing more and waits for what it is owed, as a client that has closed its side. */
  public void endInput() {
    far.endInput();
    node.run();
  }

  /**
   * The node is to end: it lets the connection finish what is under way.
   *
   * @param deadline how long it waits
   */
  public void drain(Duration deadline) {
    far.drain(deadline);
    node.run();
  }

  /**
   * The node's end: its close record, its counters, what it holds.
   *
   * @return the same always
   */
  public InMemoryConnection connection() {
    return far;
  }

  // ---- for the node and the contract

  /** What crosses the network comes in pieces. */
  InMemoryHttpClient cutInto(IntUnaryOperator lengths) {
    requests.cutInto(lengths);
    answers.cutInto(lengths);
    return this;
  }

  /** The network takes so many bytes of the client's and no more. */
  InMemoryHttpClient sendAtMost(long bytes) {
    requests.stop();
    requests.let(bytes);
    return this;
  }

  long sent() {
    return requests.moved();
  }

  long received() {
    return answers.moved();
  }

  void readALittle() {
    answers.readALittle();
  }

  boolean move() {
    boolean moved = requests.move();
    return answers.move() || moved;
  }

  void close() {
    near.close();
    far.close();
  }
}
