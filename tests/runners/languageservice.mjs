// Asks GitHub's own parser (npm `@actions/languageservice`) about workflow and action files: prints what it finds,
// one JSON object a line, and nothing else. Bundled by esbuild, as plain Node refuses the package's JSON imports.
import { readFileSync } from 'node:fs'
import { validate } from '@actions/languageservice'
import { TextDocument } from 'vscode-languageserver-textdocument'

async function main (files) {
  for (const file of files) {
    const document = TextDocument.create(`file://${file}`, 'yaml', 1, readFileSync(file, 'utf8'))
    for (const { message, severity, range } of await validate(document)) {
      console.log(JSON.stringify({ file, line: range.start.line + 1, severity, message }))
    }
  }
}

main(process.argv.slice(2))
