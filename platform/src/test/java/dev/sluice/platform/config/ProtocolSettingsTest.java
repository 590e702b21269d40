// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static dev.sluice.platform.config.Texting.PLAIN;
import static dev.sluice.platform.config.Texting.load;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A plug-in's settings record is bound as the node's own are, private and foreign as it may be. */
class ProtocolSettingsTest {

  private static final String CONFIG =
      "sluice.yaml:7: network.rpc_interfaces.primary.protocol_config";

  private enum Case {
    LOWER,
    AS_IT_IS
  }

  private record Limits(
      @Setting(description = "One.", defaultValue = "3", min = "1", max = "9") int most,
      @Setting(description = "Two.", defaultValue = "0.5", max = "1") double share) {

    Limits {
      if (most == 7) {
        throw new IllegalArgumentException("most can't be\n 7");
      }
      if (most == 8) {
        throw new IllegalStateException("8");
      }
    }
  }

  private record Settings(
      @Setting(description = "Text.", defaultValue = "hello") String greeting,
      @Setting(description = "Truth.", defaultValue = "true") boolean polite,
      @Setting(description = "Int.", defaultValue = "-5") int anInt,
      @Setting(description = "Long.", defaultValue = "5000000000") long aLong,
      @Setting(description = "Enum.", defaultValue = "as_it_is") Case letters,
      @Setting(description = "Duration.", defaultValue = "2s") Duration pause,
      @Setting(description = "Size.", defaultValue = "8KB", max = "1MB") ByteSize maxLineLength,
      @Setting(description = "Record.", defaultValue = "{}") Limits limits,
      @Setting(description = "Records.", defaultValue = "[]") List<Limits> more,
      @Setting(description = "Numbers.", defaultValue = "[1, 2]", min = "1") List<Integer> numbers,
      @Setting(description = "Map.", defaultValue = "{b: 1s, a: 2s}") Map<String, Duration> waits,
      @Setting(description = "Optional.", min = "1") Optional<Integer> maybe,
      @Setting(description = "Optional list.") Optional<List<String>> words) {}

  /** What YAML would take for a tag, a comment and a mapping. */
  private record Marks(
      @Setting(description = "One.", defaultValue = "!") String one,
      @Setting(description = "Two.", defaultValue = "# two") String two,
      @Setting(description = "Three.", defaultValue = "{}: 'three'") String three) {}

  private record Needy(@Setting(description = "Needed.", min = "1") int maxLineLength) {}

  private final Problems problems = new Problems();

  private <R extends Record> Optional<R> bind(Class<R> type, String config) {
    String line = config.isEmpty() ? "" : "      protocol_config: " + config + "\n";
    return load(PLAIN + line).protocolSettings("primary", "ECHO", Optional.of(type), problems);
  }

  private <R extends Record> String errorOf(Class<R> type, String config) {
    assertThat(bind(type, config)).isEmpty();
    assertThatThrownBy(problems::throwIfAny).isInstanceOf(ConfigurationException.class);
    return new ConfigurationException(problems.sorted()).getMessage();
  }

  @Test
  void absentConfigIsBoundToTheDefaults() {
    assertThat(bind(Settings.class, ""))
        .contains(
            new Settings(
                "hello",
                true,
                -5,
                5_000_000_000L,
                Case.AS_IT_IS,
                Duration.ofSeconds(2),
                ByteSize.parse("8KB"),
                new Limits(3, 0.5),
                List.of(),
                List.of(1, 2),
                Map.of("b", Duration.ofSeconds(1), "a", Duration.ofSeconds(2)),
                Optional.empty(),
                Optional.empty()));
    assertThat(problems.isEmpty()).isTrue();
  }

  @Test
  void aTextIsItsDefaultAsItStands() {
    assertThat(bind(Marks.class, "")).contains(new Marks("!", "# two", "{}: 'three'"));
    assertThat(problems.isEmpty()).isTrue();
  }

  @Test
  void everyKindOfComponentIsBound() {
    Settings settings =
        bind(
                Settings.class,
                "{greeting: 12, polite: false, an_int: +7, a_long: 1, letters: lower, pause: 1ms,"
                    + " max_line_length: 1MB, limits: {share: 1e-1}, more: [{most: 2}, {}],"
                    + " numbers: [], waits: {z: 1s, y: 2s}, maybe: 1, words: [a, 'true']}")
            .orElseThrow();
    assertThat(settings.greeting()).isEqualTo("12");
    assertThat(settings.anInt()).isEqualTo(7);
    assertThat(settings.letters()).isEqualTo(Case.LOWER);
    assertThat(settings.limits()).isEqualTo(new Limits(3, 0.1));
    assertThat(settings.more()).containsExactly(new Limits(2, 0.5), new Limits(3, 0.5));
    assertThat(settings.numbers()).isEmpty();
    assertThat(settings.waits().keySet()).containsExactly("z", "y");
    assertThat(settings.maybe()).contains(1);
    assertThat(settings.words()).contains(List.of("a", "true"));
  }

  @Test
  void everyWrongValueNamesInterfaceLineAndKey() {
    assertThat(
            errorOf(
                Settings.class,
                "{polite: yes, limits: {share: 1.5}, more: [{}, {most: 10}], numbers: [1, 0, x],"
                    + " waits: {z: 1}, maybe: 0, words: {}}"))
        .isEqualTo(
            CONFIG
                + ".polite: found 'yes', allowed: true or false\n"
                + CONFIG
                + ".limits.share: found '1.5', allowed: a number of at most 1\n"
                + CONFIG
                + ".more[1].most: found '10', allowed: a whole number from 1 to 9\n"
                + CONFIG
                + ".numbers[1]: found '0', allowed: a whole number of at least 1\n"
                + CONFIG
                + ".numbers[2]: found 'x', allowed: a whole number of at least 1\n"
                + CONFIG
                + ".waits.z: found '1', allowed: a duration with its unit (ms, s, m or h) as in"
                + " 60s\n"
                + CONFIG
                + ".maybe: found '0', allowed: a whole number of at least 1\n"
                + CONFIG
                + ".words: found a map, allowed: a list, each text");
  }

  @Test
  void requiredKeyOfAnAbsentConfigNamesTheInterface() {
    assertThat(errorOf(Needy.class, ""))
        .isEqualTo(
            "sluice.yaml:3: network.rpc_interfaces.primary.protocol_config.max_line_length: found"
                + " nothing, required: a whole number of at least 1");
  }

  @Test
  void recordThatRefusesItsValuesIsAProblemAtItsLine() {
    assertThat(errorOf(Settings.class, "{limits: {most: 7}}"))
        .isEqualTo(CONFIG + ".limits: most can't be 7");
  }

  @Test
  void recordThatFailsIsNamed() {
    assertThat(errorOf(Settings.class, "{limits: {most: 8}}"))
        .isEqualTo(
            CONFIG
                + ".limits: "
                + Limits.class.getName()
                + " can't be made: java.lang.IllegalStateException: 8");
  }

  @Test
  void protocolWithoutSettingsTakesNone() {
    assertThat(load(PLAIN).protocolSettings("primary", "ECHO", Optional.empty(), problems))
        .isEmpty();
    String empty = PLAIN + "      protocol_config:\n";
    assertThat(load(empty).protocolSettings("primary", "ECHO", Optional.empty(), problems))
        .isEmpty();
    assertThat(problems.isEmpty()).isTrue();
    String full = PLAIN + "      protocol_config: { a: 1 }\n";
    assertThat(load(full).protocolSettings("primary", "ECHO", Optional.empty(), problems))
        .isEmpty();
    assertThat(problems.sorted())
        .singleElement()
        .hasToString(CONFIG + ": found a map, allowed: none, since ECHO has no settings");
  }

  @Test
  void eachOfSeveralProtocolsHasASectionOfItsOwn() {
    String several = PLAIN.replace("app_protocol: ECHO", "app_protocol: [ECHO, MORE, NONE]");
    LoadedConfiguration loaded =
        load(
            several
                + "      protocol_config:\n        MORE: { max_line_length: 7 }\n"
                + "        NONE: { a: 1 }\n");
    assertThat(loaded.protocolSettings("primary", "MORE", Optional.of(Needy.class), problems))
        .contains(new Needy(7));
    assertThat(loaded.protocolSettings("primary", "ECHO", Optional.of(Limits.class), problems))
        .contains(new Limits(3, 0.5));
    assertThat(problems.isEmpty()).isTrue();

    assertThat(loaded.protocolSettings("primary", "ECHO", Optional.of(Needy.class), problems))
        .isEmpty();
    assertThat(loaded.protocolSettings("primary", "NONE", Optional.empty(), problems)).isEmpty();
    assertThat(
            load(several + "      protocol_config: { ECHO: [1] }\n")
                .protocolSettings("primary", "ECHO", Optional.of(Limits.class), problems))
        .isEmpty();
    assertThat(problems.sorted())
        .extracting(Problem::toString)
        .containsExactlyInAnyOrder(
            CONFIG + ".ECHO.max_line_length: found nothing, required: a whole number of at least 1",
            CONFIG.replace(":7:", ":9:")
                + ".NONE: found a map, allowed: none, since NONE has no settings",
            CONFIG + ".ECHO: found a list, allowed: a map");
  }

  private record Wrong(
      @Setting(description = "A.") short a,
      @Setting(description = "B.") Map<Integer, String> b,
      @Setting(description = "C.") Optional<Optional<String>> c,
      int d,
      @Setting(description = "E.", defaultValue = "5") Duration e,
      @Setting(description = "F.", defaultValue = "5", max = "4") int f,
      @Setting(description = "G.", min = "1") String g,
      @Setting(description = "H.", min = "1") ByteSize h,
      @Setting(description = "I.", min = "2", max = "1") int i,
      @Setting(description = "J.", defaultValue = "1") Optional<Integer> j,
      @Setting(description = " ") String k,
      @Setting(description = "L.") Optional<Wrong> l,
      @Setting(description = "M.") String mM,
      @Setting(description = "N.") String m_m,
      @Setting(description = "O.", defaultValue = "[") List<String> o) {}

  @Test
  void everyFaultOfASettingsTypeNamesClassAndComponent() {
    String fault =
        "sluice.yaml:3: network.rpc_interfaces.primary.protocol_config: the plug-in's"
            + " fault, not this file's: ";
    String wrong = Wrong.class.getName() + ".";
    String supported =
        ", allowed: String, boolean, int, long, double, an enum, Duration, ByteSize, Path, a record, a"
            + " List, a Map from String, or an Optional of one";
    String inDefault = "the default of " + wrong;
    assertThat(errorOf(Wrong.class, "").lines().map(line -> line.replace(fault, "")))
        .containsExactly(
            wrong + "a is a short" + supported,
            wrong + "b is a java.util.Map<java.lang.Integer, java.lang.String>" + supported,
            wrong + "c is a java.util.Optional<java.lang.String>" + supported,
            wrong + "d has no @Setting",
            inDefault + "e: found '5', allowed: a duration with its unit (ms, s, m or h) as in 60s",
            inDefault + "f: found '5', allowed: a whole number of at most 4",
            wrong + "g: min and max are for numbers, durations and sizes",
            wrong + "h: min is '1', allowed: a size with its unit (B, KB, MB or GB) as in 16KB",
            wrong + "i: min is above max",
            wrong + "j: an Optional with a default would never be empty",
            wrong + "k: the description is empty",
            wrong + "l: a record can't hold itself",
            wrong + "m_m: another component has the key m_m too",
            inDefault
                + "o: not valid YAML: while parsing a flow node: expected the node content, but"
                + " found '<stream end>'");
  }

  @Test
  void relativePathsStartAtTheFolderOfTheConfiguration() {
    record Files(
        @Setting(description = "One.", defaultValue = "a/b.txt") Path one,
        @Setting(description = "Two.") Optional<Path> two,
        @Setting(description = "More.", defaultValue = "[]") List<Path> more) {}
    Path folder = load(PLAIN).base();
    assertThat(folder).isAbsolute();
    assertThat(bind(Files.class, "{two: /tmp/x, more: [c, ../d]}"))
        .contains(
            new Files(
                folder.resolve("a/b.txt"),
                Optional.of(Path.of("/tmp/x")),
                List.of(folder.resolve("c"), folder.resolve("../d"))));
    assertThat(problems.isEmpty()).isTrue();
  }

  @Test
  void nodesOwnTypesAreNotAPlugIns() {
    record Listens(@Setting(description = "A.") BindAddress where) {}
    assertThat(errorOf(Listens.class, "")).contains("BindAddress.host has no @Setting");
  }

  @Test
  @SuppressWarnings({"unchecked", "rawtypes"})
  void classThatIsNoRecordIsNamed() {
    Class type = Record.class;
    assertThat(errorOf((Class<Record>) type, "")).endsWith(": java.lang.Record is no record");
  }

  @Test
  void recordThatItsModuleKeepsToItselfIsNamed() throws Exception {
    Class<? extends Record> hidden =
        Class.forName("sun.security.pkcs.SignerInfo$AlgorithmInfo").asSubclass(Record.class);
    assertThat(errorOf(hidden, ""))
        .contains(hidden.getName() + " is not accessible: its module does not open its package");
  }

  @Test
  void recordWhoseClassesAreMissingIsNamed() throws Exception {
    Class<? extends Record> broken =
        new Partial().loadClass(Outer.class.getName()).asSubclass(Record.class);
    assertThat(errorOf(broken, ""))
        .contains(Outer.class.getName() + " can't be read: java.lang.NoClassDefFoundError");
  }

  @Test
  void recordOfAnotherClassLoaderIsBound() throws Exception {
    Class<? extends Record> foreign =
        new Partial().loadClass(Foreign.class.getName()).asSubclass(Record.class);
    assertThat(foreign).isNotSameAs(Foreign.class);
    assertThat(bind(foreign, "{ letters: lower }").orElseThrow())
        .isInstanceOf(foreign)
        .hasToString("Foreign[letters=LOWER]");
  }

  private record Foreign(@Setting(description = "A.") Case letters) {}

  private record Inner(@Setting(description = "A.", defaultValue = "1") int a) {}

  private record Outer(@Setting(description = "A.", defaultValue = "{}") Inner inner) {}

  /** Defines this test's records anew, as a plug-in's loader would, but for one that it lacks. */
  private static final class Partial extends ClassLoader {

    Partial() {
      super(ProtocolSettingsTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(ProtocolSettingsTest.class.getName())) {
        return super.loadClass(name, resolve);
      }
      if (name.equals(Inner.class.getName())) {
        throw new ClassNotFoundException(name);
      }
      Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      try (var in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (java.io.IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
