// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import dev.sluice.api.ApiVersion;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.rpc.RpcHandler;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.slf4j.Logger;

/**
 * Makes plug-in jars at test time from source text, compiled against the contracts alone.
 *
 * <pre>{@code
 * PluginJars.jar("echo.jar").protocol("p.Echo", "ECHO").writeTo(pluginsFolder);
 * }</pre>
 */
public final class PluginJars {

  private final String fileName;
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final List<String> providers = new ArrayList<>();
  private final List<String> handlers = new ArrayList<>();
  private final Map<String, byte[]> entries = new LinkedHashMap<>();
  private final Manifest manifest = new Manifest();

  private PluginJars(String fileName) {
    this.fileName = fileName;
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest(ApiVersion.MANIFEST_ATTRIBUTE, ApiVersion.CURRENT.toString());
  }

  /** A jar that says it was built for this node's contracts, and is empty otherwise. */
  public static PluginJars jar(String fileName) {
    return new PluginJars(fileName);
  }

  /** Sets a main attribute of the manifest. */
  public PluginJars manifest(String name, String value) {
    manifest.getMainAttributes().putValue(name, value);
    return this;
  }

  /** Takes a main attribute away. */
  public PluginJars withoutManifest(String name) {
    manifest.getMainAttributes().remove(new Attributes.Name(name));
    return this;
  }

  /** Compiles a class into the jar. */
  public PluginJars source(String className, String text) {
    sources.put(className, text);
    return this;
  }

  /** Declares a protocol provider, there or not. */
  public PluginJars provider(String className) {
    providers.add(className);
    return this;
  }

  /** Declares an application, there or not. */
  public PluginJars declaredHandler(String className) {
    handlers.add(className);
    return this;
  }

  /** Puts a file into the jar. */
  public PluginJars entry(String name, String text) {
    entries.put(name, text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Compiles and declares a protocol that has a name and little else. */
  public PluginJars protocol(String className, String name) {
    return protocol(className, name, "");
  }

  /**
   * Compiles and declares a protocol.
   *
   * @param members further members of the class, which is public and imports the contracts
   */
  public PluginJars protocol(String className, String name, String members) {
    String nameMethod = "  public String name() { return \"" + name + "\"; }\n";
    return source(className, subsystem(className, "", nameMethod + members)).provider(className);
  }

  /** Compiles and declares an application that answers every request with its name. */
  public PluginJars handler(String className, String name, String... prefixes) {
    int dot = className.lastIndexOf('.');
    handlers.add(className);
    return source(
        className,
        """
        package %s;
        import dev.sluice.api.*;
        import dev.sluice.api.rpc.*;
        public class %s implements RpcHandler {
          private String state = "not started";
          public String name() { return "%s"; }
          public java.util.List<String> prefixes() { return java.util.List.of(%s); }
          public void start(ApplicationContext context) { state = "started"; }
          public void handle(RpcContext request) {
            String loader = Thread.currentThread().getContextClassLoader().getName();
            request.respond(RpcResponse.text(name() + " " + state + " in " + loader));
          }
        }
        """
            .formatted(
                className.substring(0, dot),
                className.substring(dot + 1),
                name,
                prefixes.length == 0 ? "" : "\"" + String.join("\", \"", prefixes) + "\""));
  }

  /** The source of a subsystem that has {@code create} and the given members. */
  public static String subsystem(String className, String interfaces, String members) {
    int dot = className.lastIndexOf('.');
    return "package %s;\nimport dev.sluice.api.*;\nimport java.util.*;\n"
            .formatted(className.substring(0, dot))
        + "public class %s implements CustomProtocolSubsystem%s {\n"
            .formatted(className.substring(dot + 1), interfaces)
        + "  public Session create(ConnId id, SessionWriter writer) {\n"
        + "    throw new UnsupportedOperationException();\n  }\n"
        + members
        + "\n}\n";
  }

  /** Compiles and packs. */
  public Path writeTo(Path folder) {
    Path file = folder.resolve(fileName);
    Map<String, byte[]> all = new LinkedHashMap<>(compile());
    if (!providers.isEmpty()) {
      all.put(
          "META-INF/services/" + CustomProtocolSubsystem.class.getName(),
          String.join("\n", providers).getBytes(StandardCharsets.UTF_8));
    }
    if (!handlers.isEmpty()) {
      all.put(
          "META-INF/services/" + RpcHandler.class.getName(),
          String.join("\n", handlers).getBytes(StandardCharsets.UTF_8));
    }
    all.putAll(entries);
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      for (Map.Entry<String, byte[]> entry : all.entrySet()) {
        jar.putNextEntry(new JarEntry(entry.getKey()));
        jar.write(entry.getValue());
        jar.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private Map<String, byte[]> compile() {
    if (sources.isEmpty()) {
      return Map.of();
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<Source> units = sources.entrySet().stream().map(Source::new).toList();
    List<String> options = List.of("-proc:none", "-classpath", classPath(), "-parameters");
    try (ClassesInMemory files =
        new ClassesInMemory(compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8))) {
      StringWriter said = new StringWriter();
      if (!compiler.getTask(said, files, null, options, null, units).call()) {
        throw new IllegalArgumentException("the plug-in does not compile: " + said);
      }
      return files.bytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Not the class path of the tests, which has the whole node in it. */
  private static String classPath() {
    return Stream.of(
            CustomProtocolSubsystem.class,
            ByteBuf.class,
            EventExecutor.class,
            Logger.class,
            NullMarked.class)
        .map(PluginJars::home)
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String home(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class Source extends SimpleJavaFileObject {

    private final String text;

    Source(Map.Entry<String, String> source) {
      super(
          URI.create("string:///" + source.getKey().replace('.', '/') + Kind.SOURCE.extension),
          Kind.SOURCE);
      this.text = source.getValue();
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static final class ClassesInMemory extends ForwardingJavaFileManager<JavaFileManager> {

    private final Map<String, ByteArrayOutputStream> classes = new LinkedHashMap<>();

    ClassesInMemory(JavaFileManager platform) {
      super(platform);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
      String name = className.replace('.', '/') + kind.extension;
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      classes.put(name, bytes);
      return new SimpleJavaFileObject(URI.create("memory:///" + name), kind) {
        @Override
        public OutputStream openOutputStream() {
          return bytes;
        }
      };
    }

    Map<String, byte[]> bytes() {
      Map<String, byte[]> bytes = new LinkedHashMap<>();
      classes.forEach((name, written) -> bytes.put(name, written.toByteArray()));
      return bytes;
    }
  }
}
