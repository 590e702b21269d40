// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.protocol.http.client.HttpClientRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client of an application asks for, one request behind the other, and what it gets.
 *
 * <pre>{@code
 * RequestScript.builder()
 *     .get("/hello/you").expect(200, "Hello, you")
 *     .send(() -> HttpClientRequest.of("PUT", "/notes/1").body("a note")).expect(201)
 *     .get("/notes/1").expectMatching(200, "a .*")
 *     .build();
 * }</pre>
 */
public final class RequestScript {

  /**
   * A request and its answer.
   *
   * @param request a new one each time, since its body can be sent once only
   * @param parts of its body, where it is streamed
   */
  record Step(
      Supplier<HttpClientRequest> request,
      List<byte[]> parts,
      int status,
      @Nullable String text,
      @Nullable Pattern pattern) {

    /** Fails unless the answer is complete and the right one. */
    void check(InMemoryHttpCall call) {
      if (!call.complete()) {
        throw new AssertionError(
            call
                + ": "
                + call.failure()
                    .map(failure -> "the answer failed: " + failure.getMessage())
                    .orElse(call.answered() ? "the answer has not ended" : "there is no answer"));
      }
      if (call.status() != status) {
        throw new AssertionError(
            call
                + ": expected status "
                + status
                + ", found "
                + call.status()
                + " with "
                + shown(call.text()));
      }
      if (text != null && !text.equals(call.text())) {
        throw new AssertionError(call + ": " + difference(text, call.text()));
      }
      if (pattern != null && !pattern.matcher(call.text()).matches()) {
        throw new AssertionError(
            call + ": the body " + shown(call.text()) + " does not match " + pattern);
      }
    }

    private static String difference(String expected, String found) {
      int at = Arrays.mismatch(expected.toCharArray(), found.toCharArray());
      return String.format(
          Locale.ROOT,
          "the body differs from character %d on: expected %s, found %s",
          at,
          shown(expected.substring(at)),
          shown(found.substring(at)));
    }

    private static String shown(String text) {
      return '"' + (text.length() <= 60 ? text : text.substring(0, 60) + "…") + '"';
    }
  }

  private final List<Step> steps;

  private RequestScript(List<Step> steps) {
    this.steps = List.copyOf(steps);
  }

  List<Step> steps() {
    return steps;
  }

  /**
   * Begins one.
   *
   * @return without requests
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Makes a script. Of one thread. */
  public static final class Builder {
    private final List<Step> steps = new ArrayList<>();
    private @Nullable Supplier<HttpClientRequest> request;
    private List<byte[]> parts = List.of();

    private Builder() {}

    /**
     * Sends {@code GET}.
     *
     * @param path and query
     * @return this; its answer comes next
     */
    public Builder get(String path) {
      return send(() -> HttpClientRequest.get(path));
    }

    /**
     * Sends {@code POST}.
     *
     * @param path and query
     * @param text sent as UTF-8
     * @return this; its answer comes next
     */
    public Builder post(String path, String text) {
      return send(() -> HttpClientRequest.post(path, text));
    }

    /**
     * Sends any request.
     *
     * @param asked makes it, once for each time that it is sent
     * @param streamed the parts of its body, where it is {@code streamed()}
     * @return this; its answer comes next
     */
    public Builder send(Supplier<HttpClientRequest> asked, String... streamed) {
      if (request != null) {
        throw new IllegalStateException("say what is expected first");
      }
      request = asked;
      parts = Arrays.stream(streamed).map(part -> part.getBytes(UTF_8)).toList();
      return this;
    }

    /**
     * The answer, whatever its body.
     *
     * @param status of the answer
     * @return this
     */
    public Builder expect(int status) {
      return expect(status, null, null);
    }

    /**
     * The answer.
     *
     * @param status of the answer
     * @param text its body
     * @return this
     */
    public Builder expect(int status, String text) {
      return expect(status, text, null);
    }

    /**
     * The answer, where its body is not always the same.
     *
     * @param status of the answer
     * @param regex matches the whole body; a dot matches line ends as well
     * @return this
     */
    public Builder expectMatching(int status, String regex) {
      return expect(status, null, Pattern.compile(regex, Pattern.DOTALL));
    }

    private Builder expect(int status, @Nullable String text, @Nullable Pattern pattern) {
      if (request == null) {
        throw new IllegalStateException("say what is sent first");
      }
      steps.add(new Step(request, parts, status, text, pattern));
      request = null;
      return this;
    }

    /**
     * The script.
     *
     * @return does not change any more
     * @throws IllegalStateException if it is empty or its last request has no answer
     */
    public RequestScript build() {
      if (request != null || steps.isEmpty()) {
        throw new IllegalStateException("a script needs requests, each with its answer");
      }
      return new RequestScript(steps);
    }
  }
}
