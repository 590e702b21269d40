// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import dev.sluice.platform.AddressText;
import dev.sluice.platform.EmbeddedDefault;
import dev.sluice.platform.Node;
import dev.sluice.platform.NodePlan;
import dev.sluice.platform.PlannedInterface;
import dev.sluice.platform.Version;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.plugin.LoadedPlugins;
import dev.sluice.platform.plugin.PluginLoader;
import dev.sluice.platform.plugin.TextTable;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plans, starts and ends a node in this process. */
final class NodeRunner implements NodeLauncher {

  @Override
  public int run(RunOptions options, PrintWriter out) throws Exception {
    NodePlan plan = plan(options, null);
    Node node = Node.start(plan);
    Thread hook = new Thread(node::stop, Node.STOP_THREAD);
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException endingAlready) {
      node.stop();
      return ExitStatus.OK;
    }
    announce(plan, node, options.configFile().isEmpty(), out);
    node.awaitStopped();
    return ExitStatus.OK;
  }

  @Override
  public int check(RunOptions options, PrintWriter out) throws Exception {
    try (NodePlan plan = plan(options, out)) {
      for (PlannedInterface planned : plan.interfaces()) {
        out.println(
            "ok: "
                + planned.name()
                + ": "
                + planned.protocolNames()
                + " over "
                + planned.carrier()
                + " on "
                + planned.config().bindAddress()
                + planned.awaitedCertificate().map(name -> waiting(plan, name)).orElse(""));
      }
      return plan.loadReport().hasErrors() ? ExitStatus.CONFIGURATION : ExitStatus.OK;
    }
  }

  /** For a line about an interface that does not listen yet. */
  private static String waiting(NodePlan plan, String certificate) {
    boolean fromFiles =
        plan.certificates().status(certificate).map(CertificateStatus::fromFiles).orElse(false);
    return ", waits for certificate "
        + certificate
        + (fromFiles ? ", whose files are not there" : ", which comes by call");
  }

  /**
   * @param report where the load report goes; null: what was refused goes into the log
   */
  private static NodePlan plan(RunOptions options, @Nullable PrintWriter report) {
    if (options.configFile().isPresent()) {
      return plan(
          ConfigurationLoader.load(options.configFile().get(), options.overrides()),
          options,
          report);
    }
    NodePlan plan =
        plan(EmbeddedDefault.create(options.overrides()).configuration(), options, report);
    EmbeddedDefault.certify(plan.certificates());
    return plan;
  }

  private static NodePlan plan(
      LoadedConfiguration loaded, RunOptions options, @Nullable PrintWriter report) {
    LoadedPlugins plugins = PluginLoader.load(pluginsDir(loaded, options));
    if (report != null) {
      plugins.report().lines().forEach(report::println);
      report.flush();
    } else {
      // Not before the command line was read: it says how to log. And before the plan, which may
      // fail for want of it.
      Logger log = LoggerFactory.getLogger(NodeRunner.class);
      plugins.report().errors().forEach(error -> log.warn("plug-ins: {}", error));
    }
    return NodePlan.of(loaded, plugins);
  }

  private static Path pluginsDir(LoadedConfiguration loaded, RunOptions options) {
    return options
        .pluginsDir()
        .or(loaded.config()::pluginsDir)
        .orElseGet(PluginLoader::defaultFolder);
  }

  private static void announce(NodePlan plan, Node node, boolean embedded, PrintWriter out) {
    out.println("sluice " + Version.CURRENT + " serves");
    TextTable table = new TextTable("  ");
    Map<String, InetSocketAddress> addresses = node.addresses();
    for (PlannedInterface planned : plan.interfaces()) {
      InetSocketAddress address = addresses.get(planned.name());
      if (address != null) {
        table.row(
            planned.name(),
            planned.carrier(),
            AddressText.of(address),
            planned.protocolNames(),
            "("
                + planned.jars()
                + ")"
                + planned.awaitedCertificate().map(name -> waiting(plan, name)).orElse(""));
      }
    }
    table.lines().forEach(out::println);
    if (embedded) {
      plan.interfaces().stream()
          .filter(planned -> planned.carrier().equals("tls"))
          .map(planned -> addresses.get(planned.name()))
          .filter(Objects::nonNull)
          .findFirst()
          .ifPresent(
              address ->
                  out.println(
                      "with a certificate made for this run. In another terminal, type:\n"
                          + "  curl -k https://"
                          + AddressText.of(address)
                          + "/"));
    }
    for (PlannedInterface planned : plan.interfaces()) {
      InetSocketAddress address = addresses.get(planned.name());
      if (planned.operator() && address != null) {
        out.println(
            (embedded ? "and to see what it does, open in a browser:\n  " : "its page: ")
                + (planned.carrier().equals("tls") ? "https://" : "http://")
                + AddressText.of(address)
                + "/node/");
        break;
      }
    }
    out.flush();
  }
}
