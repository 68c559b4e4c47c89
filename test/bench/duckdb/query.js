// DuckDB for the benchmarks: reads a line of JSON a statement, {"sql": ...}, and
// answers each with {"seconds": ..., "rows": ...} or {"error": ...}.
//
//   node duckdb.js THREADS

const readline = require('node:readline');
const { DuckDBInstance } = require('@duckdb/node-api');

// Integers beyond 2^53 are told in full, as text; all others as numbers.
function plain(value) {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

async function answer(connection, sql) {
  const begun = process.hrtime.bigint();
  const result = await connection.runAndReadAll(sql);
  const rows = result.getRowsJS();
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  return { seconds, rows: rows.map((row) => row.map(plain)) };
}

async function main(threads) {
  const instance = await DuckDBInstance.create(':memory:', { threads });
  const connection = await instance.connect();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const reply = await answer(connection, JSON.parse(line).sql).catch((error) => ({ error: error.message }));
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

main(process.argv[2]);
