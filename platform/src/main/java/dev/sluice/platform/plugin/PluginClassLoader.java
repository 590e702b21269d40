// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.Attributes;
import org.jspecify.annotations.Nullable;

/**
 * The classes of one jar. A {@code Class-Path} in its manifest is not followed: it would lead a
 * plug-in to copies of the node's libraries, or to jars that change beside it.
 */
final class PluginClassLoader extends ClassLoader {

  static {
    registerAsParallelCapable();
  }

  private final JarContents jar;
  private final JarUrls urls;
  private final ProtectionDomain domain;

  PluginClassLoader(JarContents jar, SharedClassLoader parent) {
    super(jar.fileName(), parent);
    this.jar = jar;
    this.urls = new JarUrls(jar);
    this.domain =
        new ProtectionDomain(new CodeSource(location(jar), (Certificate[]) null), null, this, null);
  }

  private static URL location(JarContents jar) {
    try {
      return jar.file().toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("no URL for " + jar.file(), e);
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    byte[] bytes = jar.bytes(name.replace('.', '/') + ".class");
    if (bytes == null) {
      throw new ClassNotFoundException(name + missing(name));
    }
    int dot = name.lastIndexOf('.');
    if (dot > 0) {
      definePackageOnce(name.substring(0, dot));
    }
    return defineClass(name, bytes, 0, bytes.length, domain);
  }

  /** For whoever reads the log: which jar, and what to do about it. */
  private String missing(String name) {
    return SharedPackages.containsClass(name)
        ? ": the node lends no such class to " + jar.fileName() + ", which wants another version"
        : " is not in " + jar.fileName() + ": bundle its library into the jar";
  }

  private void definePackageOnce(String name) {
    if (getDefinedPackage(name) != null) {
      return;
    }
    try {
      definePackage(
          name,
          attribute(name, Attributes.Name.SPECIFICATION_TITLE),
          attribute(name, Attributes.Name.SPECIFICATION_VERSION),
          attribute(name, Attributes.Name.SPECIFICATION_VENDOR),
          attribute(name, Attributes.Name.IMPLEMENTATION_TITLE),
          attribute(name, Attributes.Name.IMPLEMENTATION_VERSION),
          attribute(name, Attributes.Name.IMPLEMENTATION_VENDOR),
          null);
    } catch (IllegalArgumentException e) {
      // Another thread has just defined it, to the same effect.
      if (getDefinedPackage(name) == null) {
        throw e;
      }
    }
  }

  private @Nullable String attribute(String packageName, Attributes.Name name) {
    Attributes own = jar.manifest().getAttributes(packageName.replace('.', '/') + '/');
    String value = own == null ? null : own.getValue(name);
    return value == null ? jar.manifest().getMainAttributes().getValue(name) : value;
  }

  @Override
  protected @Nullable URL findResource(String name) {
    return jar.bytes(name) == null ? null : urls.of(name);
  }

  @Override
  protected Enumeration<URL> findResources(String name) {
    URL found = findResource(name);
    return Collections.enumeration(found == null ? List.of() : List.of(found));
  }

  /** The jar's own bytes without a detour over a URL. */
  @Override
  public @Nullable InputStream getResourceAsStream(String name) {
    if (getParent().getResource(name) != null) {
      return super.getResourceAsStream(name);
    }
    byte[] bytes = jar.bytes(name);
    return bytes == null ? null : new ByteArrayInputStream(bytes);
  }
}
