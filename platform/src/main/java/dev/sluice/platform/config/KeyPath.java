// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The keys that lead from the top of the configuration to a value.
 *
 * <p>Written with dots; a key that holds anything but letters, digits, {@code _} and {@code -} is
 * put in double quotes, so that what an error prints is what an override accepts: {@code
 * network.rpc_interfaces."a.b".bind_address}. An element of a list is {@code [0]}.
 */
public final class KeyPath {

  /** The configuration as a whole. */
  public static final KeyPath ROOT = new KeyPath(List.of(), "");

  private static final Pattern BARE = Pattern.compile("[A-Za-z0-9_-]+");

  private final List<String> keys;
  private final String text;

  private KeyPath(List<String> keys, String text) {
    this.keys = keys;
    this.text = text;
  }

  /**
   * The path of these keys.
   *
   * @param keys from the top down, each as it is in the file, without quotes
   * @return the path
   */
  public static KeyPath of(String... keys) {
    KeyPath path = ROOT;
    for (String key : keys) {
      path = path.key(key);
    }
    return path;
  }

  /**
   * One level down in a map.
   *
   * @param key as it is in the file, without quotes
   * @return a longer path
   */
  public KeyPath key(String key) {
    String shown =
        BARE.matcher(key).matches()
            ? key
            : '"' + Texts.plain(key).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    return longer(key, text.isEmpty() ? shown : text + '.' + shown);
  }

  /**
   * One level down in a list.
   *
   * @param index from 0
   * @return a longer path
   */
  public KeyPath index(int index) {
    return longer(Integer.toString(index), text + '[' + index + ']');
  }

  private KeyPath longer(String key, String longerText) {
    List<String> longerKeys = new ArrayList<>(keys);
    longerKeys.add(key);
    return new KeyPath(List.copyOf(longerKeys), longerText);
  }

  List<String> keys() {
    return keys;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyPath path && text.equals(path.text) && keys.equals(path.keys);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
