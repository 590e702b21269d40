// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLDecoder;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Answers {@code jar:} URLs of one jar from memory. Knows the bytes and not the class loader. */
final class JarUrls extends URLStreamHandler {

  private final JarContents jar;

  JarUrls(JarContents jar) {
    this.jar = jar;
  }

  /** The URL of an entry, which must exist. */
  URL of(String name) {
    try {
      return new URL(null, jar.url(name), this);
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("no URL for " + name, e);
    }
  }

  static String encode(String name) {
    try {
      return new URI(null, null, '/' + name, null).getRawPath().substring(1);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("no URL for " + name, e);
    }
  }

  @Override
  protected URLConnection openConnection(URL url) {
    return new Connection(url, bytes(url));
  }

  /** The default looks the host up, of which there is none. */
  @Override
  protected int hashCode(URL url) {
    return url.toExternalForm().hashCode();
  }

  @Override
  protected boolean equals(URL one, URL other) {
    return one.toExternalForm().equals(other.toExternalForm());
  }

  private byte @Nullable [] bytes(URL url) {
    String path = url.getPath();
    int bang = path.lastIndexOf("!/");
    if (bang < 0) {
      return null;
    }
    // The decoder is made for forms, where a plus sign means a space.
    String encoded = path.substring(bang + 2).replace("+", "%2B");
    return jar.bytes(URLDecoder.decode(encoded, StandardCharsets.UTF_8));
  }

  private static final class Connection extends URLConnection {

    private final byte @Nullable [] bytes;

    Connection(URL url, byte @Nullable [] bytes) {
      super(url);
      this.bytes = bytes;
    }

    @Override
    public void connect() throws FileNotFoundException {
      present();
    }

    @Override
    public InputStream getInputStream() throws FileNotFoundException {
      return new ByteArrayInputStream(present());
    }

    @Override
    public long getContentLengthLong() {
      return bytes == null ? -1 : bytes.length;
    }

    private byte[] present() throws FileNotFoundException {
      if (bytes == null) {
        throw new FileNotFoundException(url.toExternalForm());
      }
      return bytes;
    }
  }
}
