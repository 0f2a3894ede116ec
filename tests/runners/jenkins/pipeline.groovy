// Runs a pipeline, or one call of `stackstep`, as a job of Jenkins would: `pipeline.groovy SPEC.json`.
// It ends with the status of the run, and writes what the pipeline got and did to the file `result` of the spec.

import com.lesfurets.jenkins.unit.global.lib.LibraryConfiguration
import com.lesfurets.jenkins.unit.global.lib.LocalSource
import groovy.json.JsonOutput
import groovy.json.JsonSlurperClassic
import sun.misc.Signal
import sun.misc.SignalHandler

Map spec = new JsonSlurperClassic().parse(new File(args[0]), 'UTF-8')
Steps steps = new Steps(spec)
// A stopped build's processes are signalled, Jenkins is not. Not ignored, or the processes would ignore it too.
Signal.handle(new Signal('TERM'), { steps.aborted = true } as SignalHandler)

steps.helper.registerSharedLibrary(new LibraryConfiguration(
    name: 'stackstep', defaultVersion: 'v1', implicit: true, allowOverride: true, targetPath: spec.libraries,
    retriever: new LocalSource(spec.libraries)))
steps.setUp()
Declarative.allow(steps)

String problem = null
def returned = null
try {
    if (spec.pipeline) {
        steps.runScript(spec.pipeline)
    } else {
        steps.binding.setVariable('arguments', spec.arguments)
        returned = steps.runScript('call.jenkins')
    }
} catch (InterruptedException | IOException error) {
    problem = error.message
}
// Jenkins writes a pipeline's variables to disk with it.
new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(returned)
Map told = [
    returned: returned, problem: problem, calls: steps.calls.collect { call -> call.collect { it instanceof Map || it instanceof List ? it : it.toString() } },
    result: steps.binding.getVariable('currentBuild').result,
    description: steps.binding.getVariable('currentBuild').description,
]
new File(spec.result).setText(JsonOutput.toJson(told), 'UTF-8')
if (problem != null) { System.err.println(problem) }
System.exit(returned?.exitStatus ?: (problem == null ? 0 : (steps.lastStatus ?: 1)))
