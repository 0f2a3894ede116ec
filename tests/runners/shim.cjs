#!/usr/bin/env node
// Stands where the binary will be and shows what a launcher hands over. SHIM says what else it does: `exit N`,
// `die SIGNAL`, or `wait` for signals, tell each, and end with status 42 at the second one.
'use strict'

const [verb, what] = (process.env.SHIM ?? 'exit 0').split(' ')

process.stdout.write(`${JSON.stringify({ arguments: process.argv.slice(2), env: process.env })}\n`)
if (verb === 'die') {
  process.kill(process.pid, what)
} else if (verb === 'wait') {
  let received = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      process.stdout.write(`${signal}\n`)
      if (++received === 2) process.exit(42)
    })
  }
  process.stdout.write('ready\n')
  setInterval(() => {}, 60_000)
}
if (verb === 'exit') process.exitCode = Number(what)
