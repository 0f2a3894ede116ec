// Runs a pipeline, or calls of `stackstep`, as a job of Jenkins would: `pipeline.groovy SPEC.json`.
// It ends with the status of the last run, and writes what the pipeline got and did to the file `result` of the spec.

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

// The value of one run, and why it failed.
List outcomes = (spec.pipeline ? [null] : spec.calls).collect { arguments ->
    try {
        steps.binding.setVariable('arguments', arguments)
        [returned: steps.runScript(spec.pipeline ?: 'call.jenkins'), problem: null]
    } catch (InterruptedException | IOException error) {
        [returned: null, problem: error.message]
    }
}
// Jenkins writes a pipeline's variables to disk.
new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(outcomes)
Map told = [
    returned: outcomes*.returned, problems: outcomes*.problem, calls: steps.calls,
    result: steps.binding.getVariable('currentBuild').result,
    description: steps.binding.getVariable('currentBuild').description,
]
new File(spec.result).setText(JsonOutput.toJson(told), 'UTF-8')
String problem = outcomes.last().problem
if (problem != null) { System.err.println(problem) }
System.exit(outcomes.last().returned?.exitStatus ?: (problem == null ? 0 : (steps.lastStatus ?: 1)))
