import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.StringJoiner;

/**
 * Runs requests through pgJDBC: java Jdbc HOST PORT DATABASE USER, with a JSON array of
 * {"sql", "params", "times"} or {"catalog", "schema", "table"} on standard input. Prints
 * a JSON array of results, {"classes", "rows"}, one for each execution.
 */
public final class Jdbc {
    private Jdbc() {}

    public static void main(String[] args) throws Exception {
        String requests = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        StringJoiner results = new StringJoiner(",\n", "[", "]\n");
        try (Connection db = connect(args)) {
            for (Request request : Request.read(db, requests)) {
                if (request.catalog == null) {
                    execute(db, request, results);
                } else {
                    results.add(printed(look(db.getMetaData(), request)));
                }
            }
        }
        System.out.write(results.toString().getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    private static Connection connect(String[] args) throws SQLException {
        Properties settings = new Properties();
        settings.setProperty("user", args[3]);
        settings.setProperty("sslmode", "disable");
        settings.setProperty("gssEncMode", "disable");
        settings.setProperty("socketFactory", "UnixSockets");
        settings.setProperty("socketFactoryArg", args[0] + "/.s.PGSQL." + args[1]);
        return DriverManager.getConnection("jdbc:postgresql://localhost/" + args[2], settings);
    }

    /** One statement for all executions: from the fifth on, pgJDBC has it prepared on the server. */
    private static void execute(Connection db, Request request, StringJoiner results) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(request.sql)) {
            for (int i = 0; i < request.params.size(); i++) {
                statement.setObject(i + 1, typed(request.params.get(i)));
            }
            for (int i = 0; i < request.times; i++) {
                results.add(statement.execute() ? printed(statement.getResultSet()) : "{\"classes\":[],\"rows\":[]}");
            }
        }
    }

    private static ResultSet look(DatabaseMetaData meta, Request request) throws SQLException {
        switch (request.catalog) {
            case "tables":
                return meta.getTables(null, request.schema, "%", new String[] {"TABLE", "VIEW", "MATERIALIZED VIEW"});
            case "columns":
                return meta.getColumns(null, request.schema, request.table, "%");
            case "primary keys":
                return meta.getPrimaryKeys(null, request.schema, request.table);
            case "foreign keys":
                return meta.getImportedKeys(null, request.schema, request.table);
            case "foreign keys to":
                return meta.getExportedKeys(null, request.schema, request.table);
            default:
                throw new IllegalArgumentException(request.catalog);
        }
    }

    /** A parameter that says its type: date:2023-01-01, timestamp:2023-01-01 10:00:00, integer:7, or text. */
    private static Object typed(String param) {
        String value = param.substring(param.indexOf(':') + 1);
        switch (param.substring(0, param.indexOf(':'))) {
            case "date":
                return Date.valueOf(value);
            case "timestamp":
                return Timestamp.valueOf(value);
            case "integer":
                return Integer.valueOf(value);
            default:
                return value;
        }
    }

    private static String printed(ResultSet found) throws SQLException {
        ResultSetMetaData columns = found.getMetaData();
        StringJoiner classes = new StringJoiner(",", "[", "]");
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            classes.add(quoted(columns.getColumnClassName(i)));
        }
        StringJoiner rows = new StringJoiner(",\n", "[", "]");
        while (found.next()) {
            StringJoiner row = new StringJoiner(",", "[", "]");
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                row.add(quoted(text(found.getObject(i))));
            }
            rows.add(row.toString());
        }
        return "{\"classes\":" + classes + ",\"rows\":" + rows + "}";
    }

    private static String text(Object value) {
        if (value instanceof Timestamp) {
            return ((Timestamp) value).toLocalDateTime().toString();
        }
        if (value instanceof BigDecimal) {
            return ((BigDecimal) value).toPlainString();
        }
        return value == null ? null : value.toString();
    }

    private static String quoted(String text) {
        if (text == null) {
            return "null";
        }
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            json.append(c < ' ' || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        }
        return json.append('"').toString();
    }

    /** What to run. Java has no reader of JSON; the server has. */
    private static final class Request {
        final String catalog;
        final String schema;
        final String table;
        final String sql;
        final int times;
        final List<String> params = new ArrayList<>();

        private Request(ResultSet row) throws SQLException {
            catalog = row.getString("catalog");
            schema = row.getString("schema");
            table = row.getString("table");
            sql = row.getString("sql");
            times = Math.max(1, row.getInt("times"));
            for (Object param : (Object[]) row.getArray("params").getArray()) {
                params.add((String) param);
            }
        }

        static List<Request> read(Connection db, String requests) throws SQLException {
            List<Request> found = new ArrayList<>();
            try (PreparedStatement statement = db.prepareStatement(
                    "SELECT r.catalog, r.schema, r.\"table\", r.sql, r.times, coalesce(r.params, '{}') AS params"
                    + " FROM json_to_recordset(?::json) r (catalog text, schema text, \"table\" text, sql text, times int, params text[])")) {
                statement.setString(1, requests);
                ResultSet rows = statement.executeQuery();
                while (rows.next()) {
                    found.add(new Request(rows));
                }
            }
            return found;
        }
    }
}
