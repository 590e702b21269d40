// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of this boundary, which a protocol jar names in its manifest as {@code
 * Sluice-Api-Version: major.minor}.
 *
 * @param major grows when old jars can't be served any more
 * @param minor grows when something is added
 */
public record ApiVersion(int major, int minor) {

  /** The version that this jar holds. */
  public static final ApiVersion CURRENT = new ApiVersion(1, 0);

  /** The manifest's main attribute that names the version that a jar was built for. */
  public static final String MANIFEST_ATTRIBUTE = "Sluice-Api-Version";

  private static final Pattern FORM = Pattern.compile("(\\d{1,6})\\.(\\d{1,6})");

  /**
   * Reads {@code major.minor}.
   *
   * @param text such as {@code 1.0}
   * @return empty if the text has another form
   */
  public static Optional<ApiVersion> parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    return matcher.matches()
        ? Optional.of(
            new ApiVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
        : Optional.empty();
  }

  /**
   * Whether a node with this version can serve a jar built for another.
   *
   * @param built what the jar names
   * @return same major, and a minor not above this one's
   */
  public boolean serves(ApiVersion built) {
    return built.major == major && built.minor <= minor;
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
