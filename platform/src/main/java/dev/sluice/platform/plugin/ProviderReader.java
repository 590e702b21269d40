// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import dev.sluice.api.CaptureRedactor;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.Transport;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.transport.epoll.outbound.ClientSide;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a provider of a plug-in and reads what it says of itself. This is foreign code: it may
 * throw anything, link to anything, and answer {@code null} where it must not.
 */
final class ProviderReader {

  private static final Logger LOG = LoggerFactory.getLogger(ProviderReader.class);

  /** As {@link CustomProtocolSubsystem#name()} has it. */
  private static final Pattern NAME = Pattern.compile("[A-Z0-9_.-]{1,64}");

  /** As {@link RpcHandler#name()} has it. */
  private static final Pattern HANDLER_NAME = Pattern.compile("[a-z0-9_.-]{1,64}");

  /** What configuration calls the node's own handler. */
  private static final String RESERVED = "node";

  private static final int LONGEST_ALPN = 255;

  /** One of the two is there. The name may be known of a refused one, too. */
  record Result<T>(Optional<T> found, Optional<String> name, Optional<String> refused) {}

  /** The way from an instance to what is known of it. */
  private interface Description<P, T> {
    T of(P provider, Steps steps) throws Throwable;
  }

  /** The way to an instance. */
  private interface Origin<P> {
    P make(Steps steps) throws Throwable;
  }

  private final String source;
  private final Optional<String> version;
  private final ClassLoader loader;

  /**
   * @param source what the report and the operator's views call the place they are from
   * @param loader of the providers' classes
   */
  ProviderReader(String source, Optional<String> version, ClassLoader loader) {
    this.source = source;
    this.version = version;
    this.loader = loader;
  }

  Result<PluginProtocol> protocol(String className) {
    return read(
        className, steps -> steps.load(className, CustomProtocolSubsystem.class), this::describe);
  }

  Result<PluginProtocol> protocol(CustomProtocolSubsystem made) {
    return read(made.getClass().getName(), steps -> made, this::describe);
  }

  Result<LoadedHandler> handler(String className) {
    return read(className, steps -> steps.load(className, RpcHandler.class), this::describe);
  }

  Result<LoadedHandler> handler(RpcHandler made) {
    return read(made.getClass().getName(), steps -> made, this::describe);
  }

  /** Never throws what the plug-in threw, and keeps nothing of it: only text comes back. */
  private <P, T> Result<T> read(String className, Origin<P> origin, Description<P, T> description) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    Steps steps = new Steps();
    try {
      thread.setContextClassLoader(loader);
      T found = description.of(origin.make(steps), steps);
      return new Result<>(Optional.of(found), steps.name(), Optional.empty());
    } catch (RefusedException e) {
      return new Result<>(Optional.empty(), steps.name(), Optional.of(e.reason()));
    } catch (Throwable e) {
      // An Error, too: a class that does not link, or an initialiser that failed, is one plug-in's
      // trouble and no reason for the others not to be served.
      LOG.debug("{} of {} failed in {}", className, source, steps.doing, e);
      String reason = "its " + steps.doing + " failed: " + Reasons.of(e);
      return new Result<>(Optional.empty(), steps.name(), Optional.of(reason));
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private PluginProtocol describe(CustomProtocolSubsystem subsystem, Steps steps) throws Throwable {
    steps.doing = "name()";
    String name = validName(subsystem.name(), NAME, "A-Z");
    steps.name = name;
    steps.doing = "transports()";
    Set<Transport> transports = validTransports(subsystem.transports());
    steps.doing = "alpnProtocols()";
    List<String> alpn = validAlpn(subsystem.alpnProtocols());
    steps.doing = "execution()";
    Execution execution = given(subsystem.execution(), "execution()");
    steps.doing = "speaksFirst()";
    boolean speaksFirst = subsystem.speaksFirst();
    steps.doing = "detector()";
    Optional<ProtocolDetector> detector = given(subsystem.detector(), "detector()");
    int detectorBytes = detector.isPresent() ? validBytes(detector.get().maxBytes()) : 0;
    steps.doing = "settingsType()";
    Optional<Class<? extends Record>> settings =
        validSettings(given(subsystem.settingsType(), "settingsType()"));
    steps.doing = "client()";
    Optional<Protocol> client = client(name, subsystem, alpn);
    steps.doing = "captureRedactor()";
    Optional<CaptureRedactor> redactor = given(subsystem.captureRedactor(), "captureRedactor()");
    return new PluginProtocol(
        name,
        source,
        version,
        subsystem,
        transports,
        alpn,
        execution,
        speaksFirst,
        detector,
        detectorBytes,
        settings,
        client,
        redactor,
        loader);
  }

  private Optional<Protocol> client(
      String name, CustomProtocolSubsystem subsystem, List<String> alpn) throws RefusedException {
    Optional<ClientSessionFactory<?>> factory = given(subsystem.client(), "client()");
    if (factory.isEmpty()) {
      return Optional.empty();
    }
    Execution execution = given(factory.get().execution(), "client().execution()");
    return Optional.of(ClientSide.of(name, factory.get(), execution, alpn, loader));
  }

  private LoadedHandler describe(RpcHandler handler, Steps steps) throws Throwable {
    steps.doing = "name()";
    String name = validName(handler.name(), HANDLER_NAME, "a-z");
    steps.name = name;
    if (name.equals(RESERVED)) {
      throw new RefusedException("name() is '" + RESERVED + "', which is the operator's handler");
    }
    steps.doing = "prefixes()";
    List<String> prefixes = validPrefixes(handler.prefixes());
    steps.doing = "execution()";
    Execution execution = given(handler.execution(), "execution()");
    steps.doing = "settingsType()";
    Optional<Class<? extends Record>> settings =
        validSettings(given(handler.settingsType(), "settingsType()"));
    return new LoadedHandler(
        new RpcService(name, prefixes, execution, handler, loader), source, version, settings);
  }

  private static Optional<Class<? extends Record>> validSettings(
      Optional<Class<? extends Record>> type) throws RefusedException {
    if (type.isPresent() && !type.get().isRecord()) {
      throw new RefusedException("settingsType() is no record: " + type.get().getName());
    }
    return type;
  }

  /** The way from a class name to a provider, and how far along we are. */
  private final class Steps {

    private String doing = "class";
    private @Nullable String name;

    Optional<String> name() {
      return Optional.ofNullable(name);
    }

    <P> P load(String className, Class<P> kind) throws Throwable {
      return kind.cast(instantiate(type(className, kind)));
    }

    private Class<?> type(String className, Class<?> kind) throws RefusedException {
      Class<?> type;
      try {
        type = Class.forName(className, false, loader);
      } catch (ClassNotFoundException e) {
        throw new RefusedException("the jar declares this provider but does not hold the class");
      }
      if (type.getClassLoader() != loader) {
        throw new RefusedException("the class is not the jar's own");
      }
      if (!kind.isAssignableFrom(type)) {
        throw new RefusedException("the class does not implement " + kind.getName());
      }
      if (!Modifier.isPublic(type.getModifiers()) || Modifier.isAbstract(type.getModifiers())) {
        throw new RefusedException("the class must be public and not abstract");
      }
      return type;
    }

    private Object instantiate(Class<?> type) throws Throwable {
      doing = "constructor";
      Constructor<?> constructor;
      try {
        constructor = type.getConstructor();
      } catch (NoSuchMethodException e) {
        throw new RefusedException("the class has no public constructor without parameters");
      }
      try {
        return constructor.newInstance();
      } catch (InvocationTargetException e) {
        throw e.getCause() == null ? e : e.getCause();
      }
    }
  }

  private static String validName(@Nullable String name, Pattern form, String letters)
      throws RefusedException {
    if (name == null || !form.matcher(name).matches()) {
      throw new RefusedException(
          (name == null ? "name() is null" : "name() is '" + Reasons.line(name) + "'")
              + "; allowed: 1 to 64 characters of "
              + letters
              + ", 0-9, '_', '.' and '-'");
    }
    return name;
  }

  private static Set<Transport> validTransports(@Nullable Set<Transport> transports)
      throws RefusedException {
    if (given(transports, "transports()").isEmpty()) {
      throw new RefusedException("transports() is empty; allowed: TCP, UDP or both");
    }
    return Set.copyOf(transports);
  }

  private static List<String> validAlpn(@Nullable List<String> alpn) throws RefusedException {
    List<String> names = List.copyOf(given(alpn, "alpnProtocols()"));
    for (String name : names) {
      int length = name.getBytes(StandardCharsets.UTF_8).length;
      if (length == 0 || length > LONGEST_ALPN) {
        throw new RefusedException(
            "alpnProtocols() has a name of " + length + " bytes; allowed: 1 to " + LONGEST_ALPN);
      }
    }
    if (new HashSet<>(names).size() < names.size()) {
      throw new RefusedException("alpnProtocols() has a name twice: " + names);
    }
    return names;
  }

  private static int validBytes(int bytes) throws RefusedException {
    if (bytes < 1 || bytes > ProtocolDetector.MOST_BYTES) {
      throw new RefusedException(
          "detector() needs "
              + bytes
              + " bytes; allowed: a maxBytes() of 1 to "
              + ProtocolDetector.MOST_BYTES);
    }
    return bytes;
  }

  private static List<String> validPrefixes(@Nullable List<String> prefixes)
      throws RefusedException {
    List<String> paths = List.copyOf(given(prefixes, "prefixes()"));
    if (paths.isEmpty()) {
      throw new RefusedException("prefixes() is empty; allowed: at least one path");
    }
    for (String path : paths) {
      if (!path.startsWith("/")) {
        throw new RefusedException(
            "prefixes() has '" + Reasons.line(path) + "'; allowed: paths that start with a slash");
      }
    }
    if (new HashSet<>(paths).size() < paths.size()) {
      throw new RefusedException("prefixes() has a path twice: " + paths);
    }
    return paths;
  }

  private static <T> T given(@Nullable T answer, String method) throws RefusedException {
    if (answer == null) {
      throw new RefusedException(method + " is null");
    }
    return answer;
  }
}
