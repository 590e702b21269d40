// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;

/** What the tests of configuration texts share. */
final class Texting {

  static final Path BASE = Path.of("/srv/sluice");

  /** One plain interface on lines 1 to 6; more of its keys may follow from line 7 on. */
  static final String PLAIN =
      """
      network:
        rpc_interfaces:
          primary:
            bind_address: 127.0.0.1:8443
            app_protocol: ECHO
            endorsement: { authority: unsecured }
      """;

  private Texting() {}

  static LoadedConfiguration load(String text, String... overrides) {
    return ConfigurationLoader.parse("sluice.yaml", text, BASE, List.of(overrides));
  }

  /** What the operator reads when this text is loaded. */
  static String errorOf(String text, String... overrides) {
    ConfigurationException thrown =
        catchThrowableOfType(ConfigurationException.class, () -> load(text, overrides));
    return thrown == null ? "no error" : thrown.getMessage();
  }

  /** The same of {@link #PLAIN} with another line for the interface, which is line 7. */
  static String errorOfKey(String line) {
    return errorOf(PLAIN + "      " + line + "\n");
  }

  static RpcInterface primary(LoadedConfiguration loaded) {
    return loaded.config().network().rpcInterfaces().get("primary");
  }
}
