// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge.strict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;

/** What looks on passes everything on. */
class PassedOnTest {

  @Test
  void everyMethodIsPassedOn() throws Exception {
    assertPasses(Session.class, StrictSession.class);
    assertPasses(SessionWriter.class, StrictWriter.class);
    assertPasses(SessionContext.class, ForwardingContext.class);
  }

  /** A default method that is not overridden would be the interface's and not the engine's. */
  private static void assertPasses(Class<?> contract, Class<?> strict) throws Exception {
    for (Method method : contract.getMethods()) {
      if (!Modifier.isStatic(method.getModifiers())) {
        Method found = strict.getMethod(method.getName(), method.getParameterTypes());
        assertThat(found.getDeclaringClass().isInterface()).as(method.toString()).isFalse();
      }
    }
  }
}
