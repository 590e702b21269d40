// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What an editor learns from the schema. */
class SchemaGeneratorTest {

  private static final String INTERFACE =
      "/properties/network/properties/rpc_interfaces/additionalProperties";

  private final JsonNode schema = new ObjectMapper().readTree(SchemaGenerator.generate());

  SchemaGeneratorTest() throws IOException {}

  @Test
  void unknownAndMissingKeysAreMarked() {
    assertThat(schema.at("/additionalProperties").asBoolean(true)).isFalse();
    assertThat(schema.at("/required")).hasToString("[\"network\"]");
    assertThat(schema.at(INTERFACE + "/additionalProperties").asBoolean(true)).isFalse();
    assertThat(schema.at(INTERFACE + "/required"))
        .hasToString("[\"bind_address\",\"app_protocol\"]");
  }

  @Test
  void enumsAndNumbersHaveTheirValuesDefaultsAndBounds() {
    JsonNode clients = schema.at(INTERFACE + "/properties/client_authentication");
    assertThat(clients.at("/enum")).hasToString("[\"none\",\"request\",\"require\"]");
    assertThat(clients.at("/default").asText()).isEqualTo("request");
    JsonNode workers = schema.at("/properties/worker_threads");
    assertThat(workers.at("/type").asText()).isEqualTo("integer");
    assertThat(workers.at("/default").asInt()).isEqualTo(32);
    assertThat(workers.at("/minimum").asInt()).isEqualTo(1);
    assertThat(workers.at("/maximum").asInt()).isEqualTo(4096);
  }

  @Test
  void durationsSizesAndAddressesAreTakenByTheirForm() {
    Pattern duration = pattern("/properties/idle_connection_timeout");
    assertThat("60s").matches(duration);
    assertThat("500 ms").matches(duration);
    assertThat("60").doesNotMatch(duration);
    Pattern size = pattern("/properties/inbound_queue_limit");
    assertThat("16MB").matches(size);
    assertThat("16mib").matches(size);
    assertThat("16").doesNotMatch(size);
    Pattern address = pattern(INTERFACE + "/properties/bind_address");
    assertThat("localhost:0").matches(address);
    assertThat("[::1]:8443").matches(address);
    assertThat("::1:8443").doesNotMatch(address);
  }

  @Test
  void sectionsOfNamesSayWhichNamesAreAllowed() {
    Pattern names =
        Pattern.compile(schema.at("/properties/certificates/propertyNames/pattern").asText());
    assertThat("service").matches(names);
    assertThat("unsecured").doesNotMatch(names);
    assertThat(schema.at("/properties/network/properties/rpc_interfaces/minProperties").asInt())
        .isEqualTo(1);
    assertThat(schema.at(INTERFACE + "/properties/protocol_config"))
        .hasToString(
            "{\"description\":\"The protocol's own settings, see its documentation. Of several"
                + " protocols: a section for each under its name.\",\"type\":\"object\"}");
  }

  @Test
  void aListOfOneMayBeItsOnlyElement() {
    assertThat(schema.at(INTERFACE + "/properties/endorsement/properties/authority/anyOf"))
        .hasToString(
            "[{\"type\":\"string\"},"
                + "{\"minItems\":1,\"type\":\"array\",\"items\":{\"type\":\"string\"}}]");
  }

  @Test
  void everyKeyIsDescribed() {
    assertThat(schema.findParents("type"))
        .filteredOn(node -> node.has("default"))
        .allMatch(node -> !node.at("/description").asText().isBlank());
  }

  private Pattern pattern(String pointer) {
    return Pattern.compile(schema.at(pointer + "/pattern").asText());
  }
}
