// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.outbound;

import dev.sluice.api.outbound.OutboundException.Kind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How an outbound connection does TLS: whom it trusts, who it is itself, and what it offers to
 * speak. Versions, ciphers and groups are the node's, the same as those that it serves with.
 *
 * <p>By default the peer's certificate has to lead to one of the JDK's authorities and be for the
 * host that was asked for. Immutable; made once and used for any number of connections.
 */
public final class OutboundTls {

  private static final OutboundTls DEFAULTS = builder().build();

  private final boolean verifies;
  private final @Nullable Path trustFile;
  private final List<X509Certificate> authorities;
  private final @Nullable String certificate;
  private final @Nullable String serverName;
  private final List<String> alpn;
  private final boolean alpnRequired;

  private OutboundTls(Builder from) {
    this.verifies = from.verifies;
    this.trustFile = from.trustFile;
    this.authorities = from.authorities;
    this.certificate = from.certificate;
    this.serverName = from.serverName;
    this.alpn = from.alpn;
    this.alpnRequired = from.alpnRequired;
  }

  /**
   * The JDK's authorities, the host's name, no certificate of its own, no ALPN.
   *
   * @return the same always
   */
  public static OutboundTls defaults() {
    return DEFAULTS;
  }

  /**
   * Begins with the defaults.
   *
   * @return a builder, for one thread
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The same for a target that a peer has named, as a redirect does: it is verified alike, by its
   * own name, and no certificate of the node's is shown to it.
   *
   * @return without {@link #certificate} and {@link #serverName}
   */
  public OutboundTls anonymous() {
    Builder builder = new Builder();
    builder.verifies = verifies;
    builder.trustFile = trustFile;
    builder.authorities = authorities;
    builder.alpn = alpn;
    builder.alpnRequired = alpnRequired;
    return builder.build();
  }

  /**
   * Whether the peer has to prove who it is.
   *
   * @return {@code false} after {@link Builder#insecureNoVerification}
   */
  public boolean verifies() {
    return verifies;
  }

  /**
   * The file of the authorities that are trusted.
   *
   * @return empty: {@link #authorities()}
   */
  public Optional<Path> trustFile() {
    return Optional.ofNullable(trustFile);
  }

  /**
   * The authorities that are trusted.
   *
   * @return empty, and no file either: the JDK's
   */
  public List<X509Certificate> authorities() {
    return authorities;
  }

  /**
   * What is shown to a peer that asks for a certificate.
   *
   * @return a name under the node's {@code certificates}; empty: nothing
   */
  public Optional<String> certificate() {
    return Optional.ofNullable(certificate);
  }

  /**
   * The name that is asked for and verified.
   *
   * @return empty: the target's host
   */
  public Optional<String> serverName() {
    return Optional.ofNullable(serverName);
  }

  /**
   * The ALPN names that are offered, the preferred one first.
   *
   * @return empty: ALPN is not used
   */
  public List<String> alpn() {
    return alpn;
  }

  /**
   * Whether the peer has to choose one of them.
   *
   * @return {@code true} unless {@link Builder#alpnOptional} says otherwise
   */
  public boolean alpnRequired() {
    return alpnRequired;
  }

  /** Gathers options; every method answers the builder itself. */
  public static final class Builder {

    private static final int LONGEST_ALPN = 255;

    private boolean verifies = true;
    private @Nullable Path trustFile;
    private List<X509Certificate> authorities = List.of();
    private @Nullable String certificate;
    private @Nullable String serverName;
    private List<String> alpn = List.of();
    private boolean alpnRequired = true;

    private Builder() {}

    /**
     * Trusts the authorities in a file, in place of the JDK's. It is read when connecting, and
     * again when it has changed; a new one that can't be used leaves the one before in place.
     *
     * @param pem certificates in PEM
     * @return this
     */
    public Builder trustFile(Path pem) {
      trustFile = pem.toAbsolutePath();
      authorities = List.of();
      return this;
    }

    /**
     * Trusts these authorities, in place of the JDK's.
     *
     * @param certificates at least one
     * @return this
     * @throws IllegalArgumentException if there is none
     */
    public Builder trust(Collection<X509Certificate> certificates) {
      if (certificates.isEmpty()) {
        throw new IllegalArgumentException("no authority to trust");
      }
      authorities = List.copyOf(certificates);
      trustFile = null;
      return this;
    }

    /**
     * Takes any peer for whoever it says it is: anybody on the way can read and change everything.
     * For tests and closed networks; the node warns of it once a target.
     *
     * @return this
     */
    public Builder insecureNoVerification() {
      verifies = false;
      return this;
    }

    /**
     * Shows a certificate of the node's to a peer that asks for one: the one that is served under
     * the name at the moment of connecting, so that a rotation counts for the next connection.
     *
     * @param name under the node's {@code certificates}; where it is unknown or has not come, the
     *     attempt fails with {@link Kind#CREDENTIALS_UNAVAILABLE}
     * @return this
     */
    public Builder certificate(String name) {
      certificate = name;
      return this;
    }

    /**
     * Asks for and verifies another name than the target's host, as where it is reached by address.
     *
     * @param name a host name or an address; an address is verified and not asked for (RFC 6066,
     *     section 3)
     * @return this
     */
    public Builder serverName(String name) {
      serverName = name;
      return this;
    }

    /**
     * Offers ALPN names. A peer that chooses none of them fails the attempt with {@link
     * Kind#PROTOCOL_NOT_NEGOTIATED}.
     *
     * @param names the preferred one first, each of 1 to 255 bytes
     * @return this
     * @throws IllegalArgumentException if one is empty or too long
     */
    public Builder alpn(String... names) {
      for (String name : names) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > LONGEST_ALPN) {
          throw new IllegalArgumentException("an ALPN name of " + length + " bytes");
        }
      }
      alpn = List.of(names);
      return this;
    }

    /**
     * Goes on with a peer that chooses none of the ALPN names, as one that does not know ALPN.
     *
     * @return this
     */
    public Builder alpnOptional() {
      alpnRequired = false;
      return this;
    }

    /**
     * Ends the gathering.
     *
     * @return what was gathered
     */
    public OutboundTls build() {
      return new OutboundTls(this);
    }
  }
}
