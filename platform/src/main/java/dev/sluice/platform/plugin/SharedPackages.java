// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import java.util.List;

/**
 * What of the node a plug-in may see. Both sides must mean the same class by these names, since its
 * objects pass between them; everything else of the node is its own business and may change.
 */
final class SharedPackages {

  /** The node's, and of no use in a plug-in's jar: a second copy would be another class. */
  private static final List<String> NODE_ONLY =
      List.of("dev.sluice.api", "dev.sluice.session.netty", "dev.sluice.protocol.http", "io.netty");

  /** Harmless in a plug-in's jar, where fat jars often have them: the node's copy comes first. */
  private static final List<String> NODE_FIRST = List.of("org.slf4j", "org.jspecify");

  private SharedPackages() {}

  static boolean containsClass(String className) {
    return within(NODE_ONLY, className, '.') || within(NODE_FIRST, className, '.');
  }

  static boolean containsResource(String name) {
    return within(NODE_ONLY, name, '/') || within(NODE_FIRST, name, '/');
  }

  /** Whether a jar that holds this class would fight with the node over it. */
  static boolean refusesInJar(String classEntry) {
    return within(NODE_ONLY, classEntry, '/');
  }

  private static boolean within(List<String> packages, String name, char separator) {
    for (String shared : packages) {
      int length = shared.length();
      if (name.length() > length
          && name.charAt(length) == separator
          && name.startsWith(separator == '.' ? shared : shared.replace('.', separator))) {
        return true;
      }
    }
    return false;
  }
}
