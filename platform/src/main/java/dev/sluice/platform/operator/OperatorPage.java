// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The page at {@code /node/}: one file, and a policy under which a browser runs and styles nothing
 * but what stands in it, and asks nobody but this node.
 */
final class OperatorPage {

  private static final String FILE = "page.html";

  private final byte[] html;
  private final String policy;

  private OperatorPage(byte[] html, String policy) {
    this.html = html;
    this.policy = policy;
  }

  static OperatorPage load() {
    try (InputStream in = OperatorPage.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is not on the class path");
      }
      byte[] html = in.readAllBytes();
      String text = new String(html, StandardCharsets.UTF_8);
      return new OperatorPage(
          html,
          "default-src 'none'; connect-src 'self'; script-src "
              + hash(text, "script")
              + "; style-src "
              + hash(text, "style")
              + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of what stands between the tags, to the letter. */
  private static String hash(String text, String tag) {
    Matcher inside =
        Pattern.compile("<" + tag + ">(.*?)</" + tag + ">", Pattern.DOTALL).matcher(text);
    if (!inside.find()) {
      throw new IllegalStateException("no " + tag + " in " + FILE);
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(inside.group(1).getBytes(StandardCharsets.UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  RpcResponse response() {
    return RpcResponse.of(200)
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", policy)
        .header("referrer-policy", "no-referrer")
        .header("x-content-type-options", "nosniff")
        .header("cache-control", "no-store")
        .body(Unpooled.wrappedBuffer(html));
  }
}
