// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Header fields. Names are compared without regard to case; values are as they were sent, without
 * the white space around them.
 */
public interface RpcHeaders {

  /** No fields. */
  RpcHeaders EMPTY =
      new RpcHeaders() {
        @Override
        public Optional<String> first(CharSequence name) {
          return Optional.empty();
        }

        @Override
        public List<String> all(CharSequence name) {
          return List.of();
        }

        @Override
        public void forEach(BiConsumer<? super String, ? super String> action) {}

        @Override
        public int size() {
          return 0;
        }
      };

  /**
   * The value of the first field of a name.
   *
   * @param name in any case
   * @return empty where there is none
   */
  Optional<String> first(CharSequence name);

  /**
   * The values of all fields of a name.
   *
   * @param name in any case
   * @return in the order that they came in
   */
  List<String> all(CharSequence name);

  /**
   * Visits every field in the order that they came in.
   *
   * @param action given name and value
   */
  void forEach(BiConsumer<? super String, ? super String> action);

  /**
   * How many fields there are.
   *
   * @return 0 or more
   */
  int size();
}
