// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The applications that an interface serves, and its limits. Does not change; for any thread. */
public final class RpcMap {

  /** No applications, default limits. */
  public static final RpcMap EMPTY = new RpcMap(HttpConfiguration.defaults(), List.of());

  private final HttpConfiguration http;
  private final List<RpcService> services;
  private final List<Claim> claims = new ArrayList<>();

  /**
   * A map of applications.
   *
   * @param http the interface's limits
   * @param services no prefix twice
   * @throws IllegalArgumentException if two applications claim the same prefix
   */
  public RpcMap(HttpConfiguration http, Collection<RpcService> services) {
    this.http = http;
    this.services = List.copyOf(services);
    for (RpcService service : services) {
      for (String prefix : service.prefixes()) {
        add(new Claim(prefix, Optional.of(service)));
      }
    }
    // The longest first, so that the first that fits decides.
    claims.sort(Comparator.comparingInt((Claim claim) -> claim.prefix.length()).reversed());
  }

  private void add(Claim added) {
    for (Claim claim : claims) {
      if (claim.prefix.equals(added.prefix)) {
        throw new IllegalArgumentException(
            "both "
                + claim.service.map(RpcService::name).orElseThrow()
                + " and "
                + added.service.map(RpcService::name).orElseThrow()
                + " claim "
                + added.prefix);
      }
    }
    claims.add(added);
  }

  /**
   * Whose a path is. Costs a comparison for each prefix.
   *
   * @param path as {@link RpcContext#path()} gives it
   * @return empty where nobody claims it
   */
  public Optional<RpcService> find(String path) {
    for (Claim claim : claims) {
      if (claim.covers(path)) {
        return claim.service;
      }
    }
    return Optional.empty();
  }

  /**
   * The applications.
   *
   * @return in the order that they were given
   */
  public List<RpcService> services() {
    return services;
  }

  /**
   * What is taken from clients.
   *
   * @return the interface's {@code http_configuration}
   */
  public HttpConfiguration http() {
    return http;
  }

  private record Claim(String prefix, Optional<RpcService> service) {

    boolean covers(String path) {
      return path.startsWith(prefix)
          && (path.length() == prefix.length()
              || prefix.endsWith("/")
              || path.charAt(prefix.length()) == '/');
    }
  }
}
