// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import dev.sluice.session.bridge.CertificateVersion;
import io.netty.handler.ssl.SslContext;
import java.util.List;

/**
 * A certificate ready to serve with.
 *
 * @param dnsNames whom it is for; may begin with {@code *.}
 */
public record ServedCertificate(
    CertificateVersion version, SslContext context, List<String> dnsNames) {}
