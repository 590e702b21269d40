package ${package};

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.nodetest.SluiceNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The application on a real node, by HTTP/1.1 and HTTP/2. It starts anew for each test. */
class NotesNodeTest {

  @RegisterExtension
  final SluiceNode node = SluiceNode.with(new Notes()).settings("max_notes: 1").tls();

  private HttpResponse<String> send(String method, URI uri, String body) throws Exception {
    HttpClient client = HttpClient.newBuilder().sslContext(node.trustingContext()).build();
    HttpRequest request =
        HttpRequest.newBuilder(uri).method(method, BodyPublishers.ofString(body)).build();
    return client.send(request, BodyHandlers.ofString());
  }

  @Test
  void aNoteIsKeptUntilItIsRemoved() throws Exception {
    URI note = node.uri("/notes/one");
    assertEquals(201, send("PUT", note, "milk").statusCode());
    assertEquals("milk", send("GET", note, "").body());
    assertEquals(204, send("DELETE", note, "").statusCode());
    assertEquals(404, send("GET", note, "").statusCode());
  }

  @Test
  void http2OverTlsIsServedByTheSameCode() throws Exception {
    HttpResponse<String> answer = send("PUT", node.tlsUri("/notes/one"), "milk");
    assertEquals(201, answer.statusCode());
    assertEquals(HttpClient.Version.HTTP_2, answer.version());
  }

  @Test
  void thereAreNoMoreThanAllowed() throws Exception {
    assertEquals(201, send("PUT", node.uri("/notes/one"), "milk").statusCode());
    assertEquals(204, send("PUT", node.uri("/notes/one"), "bread").statusCode());
    assertEquals(507, send("PUT", node.uri("/notes/two"), "salt").statusCode());
  }
}
