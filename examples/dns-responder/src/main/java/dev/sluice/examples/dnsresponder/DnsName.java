// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import dev.sluice.api.Setting;
import java.util.List;

/**
 * The records of one name.
 *
 * @param a IPv4 addresses
 * @param aaaa IPv6 addresses
 * @param txt texts
 */
public record DnsName(
    @Setting(description = "Addresses of IPv4.", defaultValue = "[]") List<String> a,
    @Setting(description = "Addresses of IPv6.", defaultValue = "[]") List<String> aaaa,
    @Setting(description = "Texts.", defaultValue = "[]") List<String> txt) {}
