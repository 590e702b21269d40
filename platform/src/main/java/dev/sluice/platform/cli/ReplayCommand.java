// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import dev.sluice.api.Transport;
import dev.sluice.capture.Capture;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import dev.sluice.capture.CapturedSession;
import dev.sluice.platform.NodePlan;
import dev.sluice.platform.PlannedInterface;
import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.plugin.PluginLoader;
import dev.sluice.platform.plugin.PluginProtocol;
import dev.sluice.platform.replay.Difference;
import dev.sluice.platform.replay.Printable;
import dev.sluice.platform.replay.Replay;
import dev.sluice.session.bridge.Protocol;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice replay}. */
@Command(
    name = "replay",
    description =
        "Plays a capture into the protocols of a folder, in memory, and says what differs.",
    footer = {
      "",
      "Exit status: 0 all sessions are equal, 1 one differs, 2 the capture can't be read or played."
    })
final class ReplayCommand implements Callable<Integer> {

  private static final String NAME = "[A-Z0-9_.-]{1,64}";

  @Parameters(paramLabel = "FILE", description = "The capture.")
  private Path file = Path.of("");

  @Option(
      names = "--plugins-dir",
      paramLabel = "DIR",
      description = "Where the protocols are. Without: plugins beside the node's lib.")
  private @Nullable Path pluginsDir;

  @Option(names = "--session", paramLabel = "ID", description = "Only this one.")
  private @Nullable Long session;

  @Option(
      names = "--times",
      description = "Lets a clock pass between inputs as it did. Without: once all was given.")
  private boolean times;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Capture capture = CaptureFile.read(file, session);
    out.println(CaptureText.of(capture.header()));
    List<Long> gaps =
        capture.sessions().stream()
            .filter(CapturedSession::hasGaps)
            .map(CapturedSession::id)
            .toList();
    Capture whole = capture.only(one -> !one.hasGaps());
    if (whole.sessions().isEmpty()) {
      throw new CommandFailure(ExitStatus.CONFIGURATION, file + ": " + nothingToPlay(gaps));
    }
    List<Difference> differences = play(whole, out);
    tell(whole, differences, out);
    if (!gaps.isEmpty()) {
      String what = "parts of these sessions were not recorded, they were not played: " + gaps;
      FailureText.print(spec.commandLine().getErr(), what);
    }
    if (!differences.isEmpty()) {
      return ExitStatus.FAILURE;
    }
    return gaps.isEmpty() ? ExitStatus.OK : ExitStatus.CONFIGURATION;
  }

  private static String nothingToPlay(List<Long> gaps) {
    return gaps.isEmpty()
        ? "there is no session in it"
        : "parts of each session were not recorded, so none can be played: " + gaps;
  }

  private List<Difference> play(Capture capture, PrintWriter out) {
    Map<Integer, ProtocolUsed> used = new TreeMap<>();
    Map<Integer, Transport> carriers = new HashMap<>();
    for (CapturedSession one : capture.sessions()) {
      used.put(one.protocol().number(), one.protocol());
      carriers.put(one.protocol().number(), one.opened().transport());
    }
    StringBuilder text = new StringBuilder("network:\n  rpc_interfaces:\n");
    used.forEach((number, protocol) -> add(text, protocol, carriers.get(number)));
    Path folder = pluginsDir == null ? PluginLoader.defaultFolder() : pluginsDir;
    try (NodePlan plan =
        NodePlan.of(
            ConfigurationLoader.parse(
                file + ", as a configuration", text.toString(), Path.of(""), List.of()),
            PluginLoader.load(folder))) {
      Map<Integer, Protocol> protocols = new TreeMap<>();
      for (PlannedInterface planned : plan.interfaces()) {
        int number = Integer.parseInt(planned.name());
        ProtocolUsed before = used.get(number);
        if (before == null) {
          throw new IllegalStateException("an interface that nobody asked for");
        }
        protocols.put(number, planned.options().protocols().fallback());
        PluginProtocol now = planned.protocols().get(0);
        out.println(
            "recorded from "
                + described(before.name(), before.version(), before.jar())
                + ", played into "
                + described(now.name(), now.version().orElse(""), now.jar()));
      }
      return run(capture, protocols);
    }
  }

  /** What a protocol throws as it starts is no difference. */
  private List<Difference> run(Capture capture, Map<Integer, Protocol> protocols) {
    try {
      return Replay.run(capture, protocols, times);
    } catch (Exception e) {
      throw new CommandFailure(
          ExitStatus.CONFIGURATION, file + ": it can't be played: " + FailureText.of(e));
    }
  }

  private static String described(String name, String version, String jar) {
    return Printable.text(name + (version.isEmpty() ? "" : " " + version) + " of " + jar);
  }

  /** An interface that is never bound, so that settings are checked as a node checks them. */
  private void add(StringBuilder text, ProtocolUsed protocol, @Nullable Transport carrier) {
    boolean oneLine = protocol.settings().chars().noneMatch(Character::isISOControl);
    if (!protocol.name().matches(NAME) || !oneLine) {
      throw new CommandFailure(
          ExitStatus.CONFIGURATION, file + ": its protocol has no name or settings of a node's");
    }
    text.append("    \"").append(protocol.number()).append("\":\n");
    text.append("      bind_address: \"127.0.0.1:0\"\n      handlers: []\n");
    text.append("      protocol: ").append(carrier == Transport.UDP ? "udp" : "tcp").append('\n');
    text.append("      app_protocol: ").append(protocol.name()).append('\n');
    if (!protocol.settings().isEmpty()) {
      text.append("      protocol_config: ").append(protocol.settings()).append('\n');
    }
  }

  private static void tell(Capture capture, List<Difference> differences, PrintWriter out) {
    Map<Long, Difference> bySession = new HashMap<>();
    differences.forEach(difference -> bySession.put(difference.session(), difference));
    for (CapturedSession one : capture.sessions()) {
      Difference difference = bySession.get(one.id());
      if (difference == null) {
        int bytes = one.written().stream().mapToInt(data -> data.length).sum();
        out.println("session " + one.id() + ": equal, " + bytes + " bytes of answers");
      } else {
        out.println("session " + one.id() + ": differs at " + difference.where() + ":");
        out.println("  expected " + difference.expected());
        out.println("   but got " + difference.found());
      }
    }
    out.println(
        differences.isEmpty()
            ? "all of " + capture.sessions().size() + " sessions are equal"
            : differences.size() + " of " + capture.sessions().size() + " sessions differ");
  }
}
