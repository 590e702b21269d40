// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/**
 * What is special about an interface of datagrams.
 *
 * @param maxSize bytes of the largest datagram, either way; 1 to {@link #LARGEST}
 * @param receiveBuffer bytes that the kernel keeps for the node; 0 leaves it to the kernel
 * @param sendBuffer bytes that the kernel keeps for the peers; 0 leaves it to the kernel
 * @param amplification how many times the bytes of an unproven peer it is sent; 0 for no limit
 */
public record DatagramOptions(int maxSize, int receiveBuffer, int sendBuffer, int amplification) {

  /** What an IPv6 packet without extension headers can carry. IPv4 ends at 65,507. */
  public static final int LARGEST = 65_527;

  /** Checks the sizes. */
  public DatagramOptions {
    if (maxSize < 1 || maxSize > LARGEST) {
      throw new IllegalArgumentException("no size of a datagram: " + maxSize);
    }
    if (receiveBuffer < 0 || sendBuffer < 0 || amplification < 0) {
      throw new IllegalArgumentException("negative");
    }
  }

  /**
   * The defaults, as the configuration reference gives them.
   *
   * @return whatever IPv4 can carry, and no limit on answers
   */
  public static DatagramOptions defaults() {
    return new DatagramOptions(65_507, 0, 0, 0);
  }
}
