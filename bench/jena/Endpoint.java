import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import org.apache.jena.query.ARQ;
import org.apache.jena.query.Dataset;
import org.apache.jena.query.Query;
import org.apache.jena.query.QueryExecution;
import org.apache.jena.query.QueryExecutionFactory;
import org.apache.jena.query.QueryFactory;
import org.apache.jena.query.QueryParseException;
import org.apache.jena.query.ReadWrite;
import org.apache.jena.query.ResultSetFormatter;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.tdb2.TDB2;
import org.apache.jena.tdb2.TDB2Factory;

/**
 * SPARQL queries by GET over a TDB2 database, the default graph being the union of all graphs:
 * just enough to measure Jena. Arguments: the database's folder, the port of the loopback address.
 * Answers are complete before they are sent, as JSON for SELECT and ASK, as N-Triples otherwise.
 */
public final class Endpoint {
  private static final int THREADS = 8;
  private final Dataset dataset;

  private Endpoint(Dataset dataset) {
    this.dataset = dataset;
  }

  public static void main(String[] arguments) throws IOException {
    Endpoint endpoint = new Endpoint(TDB2Factory.connectDataset(arguments[0]));
    ARQ.getContext().set(TDB2.symUnionDefaultGraph, true);
    int port = Integer.parseInt(arguments[1]);
    InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
    HttpServer server = HttpServer.create(address, 64);
    server.createContext("/sparql", endpoint::handle);
    server.setExecutor(Executors.newFixedThreadPool(THREADS));
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try {
      Query query = QueryFactory.create(parameter(exchange.getRequestURI().getRawQuery()));
      boolean table = query.isSelectType() || query.isAskType();
      byte[] body = answer(query);
      send(exchange, 200, table ? "application/sparql-results+json" : "application/n-triples", body);
    } catch (QueryParseException | IllegalArgumentException error) {
      send(exchange, 400, "text/plain", text(error));
    } catch (RuntimeException error) {
      send(exchange, 500, "text/plain", text(error));
    }
  }

  private byte[] answer(Query query) {
    ByteArrayOutputStream body = new ByteArrayOutputStream(1 << 12);
    dataset.begin(ReadWrite.READ);
    try (QueryExecution execution = QueryExecutionFactory.create(query, dataset)) {
      if (query.isSelectType()) {
        ResultSetFormatter.outputAsJSON(body, execution.execSelect());
      } else if (query.isAskType()) {
        ResultSetFormatter.outputAsJSON(body, execution.execAsk());
      } else if (query.isConstructType()) {
        RDFDataMgr.write(body, execution.execConstruct(), Lang.NTRIPLES);
      } else {
        RDFDataMgr.write(body, execution.execDescribe(), Lang.NTRIPLES);
      }
    } finally {
      dataset.end();
    }
    return body.toByteArray();
  }

  private static String parameter(String query) {
    for (String pair : query == null ? new String[0] : query.split("&")) {
      if (pair.startsWith("query=")) {
        return URLDecoder.decode(pair.substring("query=".length()), StandardCharsets.UTF_8);
      }
    }
    throw new IllegalArgumentException("The parameter query is missing.");
  }

  private static byte[] text(RuntimeException error) {
    return String.valueOf(error.getMessage()).getBytes(StandardCharsets.UTF_8);
  }

  private static void send(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}
