// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The file that tells others where the node listens: a JSON object of interface names and {@code
 * host:port}. Written in two steps: what can fail is done before the node listens, and the file is
 * there, whole, once it does, so that who waits for it is not refused.
 */
final class AddressesFile implements AutoCloseable {

  private final Path file;
  private final Path prepared;

  private AddressesFile(Path file, Path prepared) {
    this.file = file;
    this.prepared = prepared;
  }

  /** Writes all of it beside the file. */
  static AddressesFile prepare(Path file, Map<String, InetSocketAddress> addresses)
      throws IOException {
    Map<String, String> shown = new LinkedHashMap<>();
    addresses.forEach((name, address) -> shown.put(name, AddressText.of(address)));
    byte[] json =
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(shown);
    Path folder = file.toAbsolutePath().getParent();
    Path name = file.getFileName();
    if (folder == null || name == null || Files.isDirectory(file)) {
      throw new IOException("this is no file");
    }
    Path prepared = folder.resolve(name + ".new");
    Files.write(prepared, json);
    return new AddressesFile(file, prepared);
  }

  /** Puts it in its place. */
  void publish() throws IOException {
    try {
      Files.move(prepared, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException unusualFileSystem) {
      Files.move(prepared, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Removes what was prepared and not published. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(prepared);
  }
}
