// Runs requests through node-postgres: client.js HOST PORT DATABASE USER, with a JSON array of
// {"sql", "params", "times"} on standard input; results as those of Jdbc.java. The classes are
// what typeof says of the values, since node-postgres has no classes of columns.
'use strict'

const fs = require('fs')
const { Client } = require('pg')

const two = (number, digits = 2) => String(number).padStart(digits, '0')

// node-postgres makes a Date of a timestamp, and of a date, in the zone of the process.
function localTime(date) {
  const day = [two(date.getFullYear(), 4), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const time = [two(date.getHours()), two(date.getMinutes()), two(date.getSeconds())].join(':')
  return `${day} ${time}.${two(date.getMilliseconds(), 3)}`
}

function text(value) {
  if (value === null) return null
  return value instanceof Date ? localTime(value) : String(value)
}

function className(rows, column) {
  const row = rows.find((values) => values[column] !== null)
  if (!row) return 'null'
  return row[column] instanceof Date ? 'Date' : typeof row[column]
}

function printed({ fields, rows }) {
  return {
    classes: fields.map((_, column) => className(rows, column)),
    rows: rows.map((row) => row.map(text)),
  }
}

function typed(param) {
  const value = param.slice(param.indexOf(':') + 1)
  return param.startsWith('integer:') ? Number(value) : value
}

// A named statement is prepared once; all its executions use the one plan.
function query({ sql, params, times }) {
  const values = (params || []).map(typed)
  const name = times > 1 ? sql.slice(0, 40) : undefined
  let place = 0
  return { name, text: values.length ? sql.replace(/\?/g, () => `$${++place}`) : sql, values, rowMode: 'array' }
}

async function main([host, port, database, user]) {
  const client = new Client({ host, port: Number(port), database, user })
  const results = []
  await client.connect()
  for (const request of JSON.parse(fs.readFileSync(0, 'utf8'))) {
    for (let i = 0; i < (request.times || 1); i++) {
      results.push(printed(await client.query(query(request))))
    }
  }
  await client.end()
  process.stdout.write(JSON.stringify(results))
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.stack}\n`)
  process.exitCode = 1
})
