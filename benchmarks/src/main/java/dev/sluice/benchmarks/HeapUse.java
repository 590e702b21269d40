// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.HashMap;
import java.util.Map;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;

/**
 * What the threads of another JVM have allocated on its heap, by the JVM's own books, which are
 * exact and cost nothing while a round runs. The threads that answer this question are left out.
 */
final class HeapUse implements AutoCloseable {

  private final JMXConnector connector;
  private final com.sun.management.ThreadMXBean threads;

  private HeapUse(JMXConnector connector) throws IOException {
    this.connector = connector;
    MBeanServerConnection beans = connector.getMBeanServerConnection();
    this.threads =
        ManagementFactory.newPlatformMXBeanProxy(
            beans, ManagementFactory.THREAD_MXBEAN_NAME, com.sun.management.ThreadMXBean.class);
  }

  @SuppressWarnings("BanJNDI") // The other end is a server that this run has started.
  static HeapUse of(long pid) throws IOException {
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
      try {
        String address = machine.startLocalManagementAgent();
        return new HeapUse(JMXConnectorFactory.connect(new JMXServiceURL(address)));
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException e) {
      throw new IOException("no way into the JVM " + pid, e);
    }
  }

  /** Bytes by thread. */
  record Snapshot(@Nullable Map<Long, Long> bytes) {

    /** Where there is no JVM. */
    static final Snapshot NONE = new Snapshot(null);

    double since(Snapshot before) {
      if (bytes == null || before.bytes == null) {
        return Double.NaN;
      }
      double sum = 0;
      for (Map.Entry<Long, Long> now : bytes.entrySet()) {
        sum += now.getValue() - before.bytes.getOrDefault(now.getKey(), 0L);
      }
      return sum;
    }
  }

  Snapshot snapshot() {
    long[] ids = threads.getAllThreadIds();
    long[] allocated = threads.getThreadAllocatedBytes(ids);
    ThreadInfo[] infos = threads.getThreadInfo(ids);
    Map<Long, Long> bytes = new HashMap<>();
    for (int i = 0; i < ids.length; i++) {
      if (infos[i] != null && allocated[i] >= 0 && !isOurs(infos[i].getThreadName())) {
        bytes.put(ids[i], allocated[i]);
      }
    }
    return new Snapshot(bytes);
  }

  private static boolean isOurs(String thread) {
    return thread.startsWith("RMI ") || thread.startsWith("JMX ");
  }

  @Override
  public void close() {
    try {
      connector.close();
    } catch (IOException e) {
      // The server has gone before.
    }
  }
}
