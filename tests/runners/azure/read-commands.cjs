// Reads commands of a task's output by the agent's own library, one a line, and prints them as JSON.
'use strict'

const path = require('node:path')
const { commandFromString } = require(path.join(process.argv[2], 'azure-pipelines-task-lib/taskcommand'))

const lines = require('node:fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)
process.stdout.write(JSON.stringify(lines.map((line) => {
  const { command, properties, message } = commandFromString(line)
  return { command, properties, message }
})))
