// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ValueType.RecordType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Reads a configuration and checks all that can be checked without plug-ins and other files. */
public final class ConfigurationLoader {

  /** Any configuration that people write is far smaller. */
  static final int LARGEST_FILE = 1 << 20;

  private ConfigurationLoader() {}

  /**
   * Reads a file. Its relative paths start at the folder that it is in.
   *
   * @param file YAML or JSON, UTF-8, at most 1 MiB
   * @param overrides {@code key=value} each, see the documentation
   * @return the configuration
   * @throws ConfigurationException with everything that is wrong
   */
  public static LoadedConfiguration load(Path file, List<String> overrides) {
    Path parent = file.toAbsolutePath().normalize().getParent();
    return parse(file.toString(), text(file), parent == null ? file : parent, overrides);
  }

  /**
   * Reads a text, such as the embedded default.
   *
   * @param name what errors call it
   * @param text YAML or JSON
   * @param base the folder where relative paths start
   * @param overrides {@code key=value} each, see the documentation
   * @return the configuration
   * @throws ConfigurationException with everything that is wrong
   */
  public static LoadedConfiguration parse(
      String name, String text, Path base, List<String> overrides) {
    ConfigNode file = YamlTree.ofFile(name, text);
    RecordType type = TypeReader.ofNode(NodeConfiguration.class);
    if (file.isNothing() && overrides.isEmpty()) {
      throw new ConfigurationException(
          Problem.of(file.mark(), KeyPath.ROOT, "an empty file", type.allowed()));
    }
    ConfigNode root = Overrides.apply(file, overrides);
    Problems problems = new Problems();
    Path start = base.toAbsolutePath().normalize();
    Binder binder = new Binder(problems, start);
    Object bound = binder.bind(type, KeyPath.ROOT, root, root.mark());
    ConfigurationChecks.run(root, binder.bound(), problems);
    problems.throwIfAny();
    if (!(bound instanceof NodeConfiguration config)) {
      throw new IllegalStateException("nothing bound and no problem");
    }
    return new LoadedConfiguration(config, new Marks(root), start);
  }

  private static String text(Path file) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(LARGEST_FILE + 1);
    } catch (NoSuchFileException e) {
      throw unreadable(file, "no such file");
    } catch (IOException e) {
      throw unreadable(file, Files.isDirectory(file) ? "a folder, not a file" : e.toString());
    }
    if (bytes.length > LARGEST_FILE) {
      throw unreadable(file, "larger than 1 MiB");
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw unreadable(file, "not UTF-8");
    }
  }

  private static ConfigurationException unreadable(Path file, String why) {
    return new ConfigurationException(
        Problem.general(Mark.whole(file.toString()), KeyPath.ROOT, why));
  }
}
