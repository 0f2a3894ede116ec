// Asks the vendor's own validator (npm `@codefresh-io/yaml-validator`) about pipelines that were read into JSON: prints
// what it finds, and nothing else. The package looks for its schemas beside itself, so it is not bundled.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const validator = createRequire(process.argv[1])('@codefresh-io/yaml-validator')

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8')
  try {
    validator.validate(JSON.parse(text), 'message', text)
  } catch (error) {
    console.log(`${file}: ${error.message}`)
  }
}
