// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parent of every plug-in's class loader: the JDK and {@link SharedPackages}, nothing else. */
final class SharedClassLoader extends ClassLoader {

  static {
    registerAsParallelCapable();
  }

  private final ClassLoader node;

  SharedClassLoader(ClassLoader node) {
    super("sluice-shared", ClassLoader.getPlatformClassLoader());
    this.node = node;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    return SharedPackages.containsClass(name)
        ? node.loadClass(name)
        : super.loadClass(name, resolve);
  }

  @Override
  public @Nullable URL getResource(String name) {
    return SharedPackages.containsResource(name) ? node.getResource(name) : super.getResource(name);
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    if (!SharedPackages.containsResource(name)) {
      return super.getResources(name);
    }
    List<URL> found = Collections.list(node.getResources(name));
    return Collections.enumeration(found);
  }
}
