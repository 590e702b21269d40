// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * A request, and the way to answer it.
 *
 * <p><b>Threads.</b> Every method may be called from any thread and never blocks, except where it
 * says so. What the handler registers here is called in the request's own order: never two calls at
 * once, each after {@link RpcHandler#handle} has returned, where {@link RpcHandler#execution()}
 * says.
 *
 * <p><b>Answers.</b> One, by {@link #respond} or {@link #respondStreaming}. HTTP/1 keeps the order
 * of a connection's answers: one that is given early waits for those before it.
 *
 * <p><b>Body.</b> Nothing of it is kept for a handler that does not ask. It is asked for once, by
 * {@link #receiveWhole} or {@link #receive}.
 */
public interface RpcContext {

  /**
   * The connection that the request came by.
   *
   * @return its context, with addresses, TLS and the client's certificates
   */
  SessionContext connection();

  /**
   * The version that it came by.
   *
   * @return such as {@code HTTP/1.1}
   */
  String protocol();

  /**
   * What is asked.
   *
   * @return in upper case, such as {@code GET}
   */
  String method();

  /**
   * The host, and the port if any, that the request was sent to.
   *
   * @return such as {@code example.org:8443}; empty where an HTTP/1.0 client did not say
   */
  String authority();

  /**
   * Which resource, without the query. As it was sent: still percent-encoded and not normalised,
   * and free of control characters.
   *
   * @return starts with a slash, or is {@code *}
   */
  String path();

  /**
   * The query, without its question mark and still percent-encoded.
   *
   * @return empty where there is no question mark
   */
  Optional<String> query();

  /**
   * The request's header fields.
   *
   * @return a view that does not change
   */
  RpcHeaders headers();

  /**
   * The length of the body as the client declared it.
   *
   * @return 0 where there is none, empty where only its end will tell
   */
  OptionalLong contentLength();

  /**
   * Asks for the body in one piece, once it has arrived. One longer than {@code
   * max_aggregated_body_size} is answered with status 413 by the node.
   *
   * @param action called once with the body, which is borrowed: valid during the call, {@code
   *     retain()} to keep it
   * @throws IllegalStateException if the body was asked for before
   */
  void receiveWhole(Consumer<ByteBuf> action);

  /**
   * Asks for the body as it arrives. While the receiver is at work nothing more than about 64 KiB
   * is read from the client.
   *
   * @param receiver called for every part
   * @throws IllegalStateException if the body was asked for before
   */
  void receive(BodyReceiver receiver);

  /**
   * Stops the parts of a body that is {@linkplain #receive received} after those on their way. Does
   * not nest.
   */
  void pauseBody();

  /** Takes back {@link #pauseBody}. */
  void resumeBody();

  /**
   * The header fields that came behind the body.
   *
   * @return empty before the body has ended
   */
  RpcHeaders trailers();

  /**
   * Tells the client something before the answer (RFC 9110, section 15.2), such as 103 with links
   * that it will need (RFC 8297). As often as there is something to tell; the time for the answer
   * does not begin anew.
   *
   * @param status 102 to 199; 100 is the node's, which sends it when the body is asked for, and no
   *     protocol is changed to by 101
   * @param fields pass to the node; a {@code content-length} among them is not sent
   * @return {@code false}: it is not sent, since the answer was given, the request has come to
   *     nothing, or the client speaks HTTP/1.0, which has no such answers
   * @throws IllegalArgumentException for another status
   */
  default boolean interim(int status, OutgoingFields fields) {
    return false;
  }

  /**
   * Gives the answer.
   *
   * @param response its body, if any, passes to the node in every case
   * @return {@code false}: too late, the client is gone or the node has answered in the handler's
   *     place
   * @throws IllegalStateException if the handler has answered before
   */
  boolean respond(RpcResponse response);

  /**
   * Begins an answer whose body comes in parts. Without a {@code content-length} in the head the
   * client hears of the body's end by the protocol's own means.
   *
   * @param head status and header fields
   * @return where the body goes; one that takes nothing where it is too late
   * @throws IllegalStateException if the handler has answered before, or the head has a body
   */
  ResponseBody respondStreaming(RpcResponse head);

  /**
   * How long the node still waits for the answer to begin, see {@code request_timeout}. Counted
   * from the end of the request; then status 503 is sent in the handler's place.
   *
   * @return zero or more; all of the time while the body has not ended
   */
  Duration timeLeft();

  /**
   * Asks to be told when the request comes to nothing.
   *
   * @param action called at most once, in the request's order; at once if it has happened; not at
   *     all once the whole answer was handed over
   */
  void onCancel(Consumer<CancelReason> action);

  /**
   * Whether the request has come to nothing.
   *
   * @return {@code true}: an answer would reach nobody
   */
  boolean cancelled();

  /**
   * Runs a task in the request's own order.
   *
   * @param task what it throws counts as the handler's failure
   */
  void execute(Runnable task);

  /**
   * Runs a task in the request's own order after a delay, unless the connection ends before. The
   * request may have ended by then: whoever schedules takes the task back by {@link #onCancel} and
   * behind its answer.
   *
   * @param delay not negative; exact to some milliseconds
   * @param task as for {@link #execute}
   * @return takes the task back
   */
  default ScheduledTask schedule(Duration delay, Runnable task) {
    return connection().schedule(delay, () -> execute(task));
  }
}
