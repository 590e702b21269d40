// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import dev.sluice.capture.Capture;
import dev.sluice.capture.CaptureReader;
import dev.sluice.capture.CaptureRecord;
import dev.sluice.capture.CaptureRecord.Finished;
import dev.sluice.capture.CaptureRecord.Header;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.Pcapng;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice captures show}. */
@Command(
    name = "show",
    description = {
      "Shows a capture, a line for each record, or makes packets of it.",
      "It holds what was said in the clear: so does what is made of it."
    })
final class CapturesShowCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "The capture.")
  private Path file = Path.of("");

  @Option(names = "--session", paramLabel = "ID", description = "Only this one.")
  private @Nullable Long session;

  @Option(names = "--whole", description = "All bytes, and not only the first of each record.")
  private boolean whole;

  @Option(
      names = "--pcapng",
      paramLabel = "OUT",
      description = "Writes packets to this file instead, for Wireshark and the like.")
  private @Nullable Path pcapng;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws Exception {
    if (pcapng != null) {
      return packets(pcapng);
    }
    PrintWriter out = spec.commandLine().getOut();
    try (CaptureReader reader = CaptureReader.open(file)) {
      Header header = reader.header();
      out.println(CaptureText.of(header));
      CaptureText text = new CaptureText(whole);
      boolean finished = false;
      for (CaptureRecord next = reader.next(); next != null; next = reader.next()) {
        finished |= next instanceof Finished;
        if (session == null || (next instanceof OfSession of && of.session() == session)) {
          out.println(text.of(next));
        }
      }
      if (!finished) {
        out.println(
            reader.cut()
                ? "the file ends within a record, at byte " + reader.position()
                : "the capture was not ended, or still goes on");
      }
      return ExitStatus.OK;
    } catch (IOException e) {
      // What could be read stands above.
      out.flush();
      throw CaptureFile.unreadable(file, e);
    }
  }

  private int packets(Path to) throws IOException {
    Capture capture = CaptureFile.read(file, session);
    // As secret as the capture is.
    Set<StandardOpenOption> how = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (OutputStream out =
        new BufferedOutputStream(
            Channels.newOutputStream(
                Files.newByteChannel(
                    to,
                    how,
                    PosixFilePermissions.asFileAttribute(
                        PosixFilePermissions.fromString("rw-------")))))) {
      Pcapng.write(capture, out);
    }
    spec.commandLine().getOut().println(capture.sessions().size() + " sessions in " + to);
    return ExitStatus.OK;
  }
}
