// Asks what Microsoft's editor extension for Azure Pipelines asks (npm `azure-pipelines-language-service`) about
// pipelines and templates: prints what it finds, one JSON object a line. The schema is the service's own, with our task
// in it as the service would add it: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/yamlschema/get
// Arguments: the folder of the package, the schema, our task.json, the files.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [modules, schemaFile, taskFile, ...files] = process.argv.slice(2)
const require = createRequire(`${modules}/`)
// The package tells its every step on standard output.
console.log = () => {}
const { getLanguageService, parse, TextDocument } = require('azure-pipelines-language-service')
const read = (path) => readFileSync(path, 'utf8')

// A task of another extension, which examples use:
// https://github.com/aws/aws-toolkit-azure-devops/blob/master/src/tasks/AWSShellScript/task.json
const AWS = {
  name: 'AWSShellScript',
  version: { Major: 1 },
  friendlyName: 'AWS Shell Script',
  inputs: ['awsCredentials', 'regionName', 'arguments', 'scriptType', 'filePath', 'inlineScript'].map((name) => ({ name }))
}

function input ({ type, label, options, properties, aliases }) {
  const common = { description: label, ignoreCase: 'key', aliases }
  if (type === 'boolean') return { type: 'boolean', ...common }
  if (type === 'pickList' && properties?.EditableOptions !== 'True') {
    return { ...common, ignoreCase: 'all', enum: Object.keys(options) }
  }
  return { type: 'string', ...common }
}

function withTask (schema, { name, version, friendlyName, inputs }) {
  const reference = `${name}@${version.Major}`
  const { task } = schema.definitions
  task.properties.task.anyOf.push({ description: friendlyName, ignoreCase: 'value', enum: [reference] })
  task.anyOf.push({
    properties: {
      task: { description: friendlyName, ignoreCase: 'value', pattern: `^${reference}$` },
      inputs: {
        description: friendlyName,
        properties: Object.fromEntries(inputs.map((one) => [one.name, input(one)])),
        additionalProperties: false,
        required: inputs.filter(({ required }) => required).map((one) => one.name)
      }
    },
    doNotSuggest: false,
    firstProperty: ['task'],
    required: ['task']
  })
  return schema
}

const schema = [AWS, JSON.parse(read(taskFile))].reduce(withTask, JSON.parse(read(schemaFile)))
const service = getLanguageService(async () => schema, [], async () => 'schema://service')
service.configure({ validate: true })
for (const file of files) {
  const document = TextDocument.create(`file://${file}`, 'yaml', 1, read(file))
  for (const { message, range } of await service.doValidation(document, parse(document.getText()))) {
    process.stdout.write(`${JSON.stringify({ file, line: range.start.line + 1, message })}\n`)
  }
}
