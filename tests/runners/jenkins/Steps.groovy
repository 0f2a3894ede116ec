// The steps of Jenkins that pipelines here use, in a folder and an environment of this machine: `sh` starts a real
// process. What a step does to a value is what the plugin does, which is linked beside it.
//
// jenkins-pipeline-unit knows how a pipeline and a shared library are loaded, groovy-cps transforms them as Jenkins
// does; neither has steps.

import com.lesfurets.jenkins.unit.cps.BasePipelineTestCPS
import java.util.concurrent.CancellationException

// An aborted step throws FlowInterruptedException, which is an InterruptedException; `error` and a failed script throw
// AbortException, which is an IOException: https://github.com/jenkinsci/jenkins/blob/master/core/src/main/java/hudson/AbortException.java
class Steps extends BasePipelineTestCPS {
    /** Environment, workspace, credentials by id, answers to `isUnix` and the like. */
    Map spec
    /** The environment as the blocks round a step made it. */
    Map<String, String> environment = [:]
    File workspace
    File temporary
    /** Where `sh` and the others work. */
    File folder
    /** What steps were called with, in order. */
    List<List> calls = []
    int lastStatus = 0
    volatile boolean aborted = false

    Steps(Map spec) {
        this.spec = spec
        environment.putAll(spec.environment)
        workspace = new File(spec.workspace)
        temporary = new File(spec.temporary)
        folder = workspace
    }

    void setUp() {
        scriptRoots = [new File(spec.root).path] as String[]
        super.setUp()
        helper.baseScriptRoot = '/'
        binding.setVariable('currentBuild', [result: null, description: null])
        binding.setVariable('scm', [:])
        binding.setVariable('params', spec.parameters ?: [:])
        binding.setVariable('env', new Environment(this))
        files()
        processes()
        blocks()
        marks()
    }

    def allow(String name, List<Class> types, Closure closure) {
        helper.registerAllowedMethod(name, types, closure)
    }

    File at(String path) {
        File file = new File(path)
        file.absolute ? file : new File(folder, path)
    }

    // https://www.jenkins.io/doc/pipeline/steps/workflow-basic-steps/
    void files() {
        allow('pwd', [Map]) { Map given -> given.tmp ? temporary.path : folder.path }
        allow('pwd', []) { folder.path }
        allow('isUnix', []) { spec.unix != false }
        allow('fileExists', [String]) { String path -> at(path).exists() }
        allow('readFile', [Map]) { Map given -> at(given.file).getText(given.encoding ?: 'UTF-8') }
        allow('writeFile', [Map]) { Map given ->
            File file = at(given.file)
            file.parentFile.mkdirs()
            file.setText(given.text, 'UTF-8')
        }
        allow('deleteDir', []) { folder.deleteDir() }
        allow('dir', [String, Closure]) { String path, Closure body ->
            File before = folder
            folder = at(path)
            try { helper.callClosure(body) } finally { folder = before }
        }
    }

    void processes() {
        allow('sh', [Map]) { Map given -> run(given) }
        allow('sh', [String]) { String script -> run([script: script]) }
        allow('powershell', [Map]) { Map given ->
            calls.add(['powershell', given.script])
            0
        }
        allow('withEnv', [List, Closure]) { List pairs, Closure body ->
            Map<String, String> before = environment
            environment = expanded(before, pairs)
            try { helper.callClosure(body) } finally { environment = before }
        }
        // A value is not expanded: `Overrider` in
        // https://github.com/jenkinsci/credentials-binding-plugin/blob/master/src/main/java/org/jenkinsci/plugins/credentialsbinding/impl/BindingStep.java
        allow('withCredentials', [List, Closure]) { List bindings, Closure body ->
            Map<String, String> before = environment
            environment = before + bindings.collectEntries { credential(it) }
            try { helper.callClosure(body) } finally { environment = before }
        }
        ['string', 'file', 'usernamePassword'].each { kind ->
            allow(kind, [Map]) { Map given -> [kind: kind] + given }
        }
    }

    // https://github.com/jenkinsci/durable-task-plugin/blob/master/src/main/java/org/jenkinsci/plugins/durabletask/BourneShellScript.java
    def run(Map given) {
        File script = File.createTempFile('script', '.sh', temporary)
        script.setText(given.script, 'UTF-8')
        script.setExecutable(true)
        List<String> command = given.script.startsWith('#!') ? [script.path] : ['sh', '-xe', script.path]
        ProcessBuilder builder = new ProcessBuilder(command)
        builder.directory(folder)
        builder.environment().clear()
        builder.environment().putAll(environment)
        builder.redirectErrorStream(true)
        boolean returned = given.returnStdout
        if (!returned) { builder.redirectOutput(ProcessBuilder.Redirect.INHERIT) }
        builder.redirectInput(ProcessBuilder.Redirect.from(new File('/dev/null')))
        Process process = builder.start()
        String text = returned ? process.inputStream.getText('UTF-8') : ''
        lastStatus = process.waitFor()
        script.delete()
        calls.add(['sh', lastStatus])
        if (aborted) {
            aborted = false
            throw new InterruptedException('the build was stopped')
        }
        if (given.returnStatus) { return lastStatus }
        if (lastStatus != 0) { throw new IOException("script returned exit code ${lastStatus}") }
        text
    }

    /** `EnvVars.overrideExpandingAll`: https://github.com/jenkinsci/jenkins/blob/master/core/src/main/java/hudson/EnvVars.java */
    static Map<String, String> expanded(Map<String, String> before, List pairs) {
        Map<String, String> after = new HashMap(before)
        pairs.each { pair ->
            int at = pair.toString().indexOf('=')
            String name = pair.toString().substring(0, at)
            String value = expand(pair.toString().substring(at + 1), after)
            if (value.isEmpty()) { after.remove(name) } else { after[name] = value }
        }
        after
    }

    /** `Util.replaceMacro`: https://github.com/jenkinsci/jenkins/blob/master/core/src/main/java/hudson/Util.java */
    static String expand(String text, Map<String, String> known) {
        text.replaceAll(/\$([A-Za-z0-9_]+|\{[A-Za-z0-9_.]+\}|\$)/) { whole, name ->
            if (name == '$') { return '$' }
            def value = known[name.startsWith('{') ? name[1..-2] : name]
            value == null ? whole : value
        }
    }

    Map<String, String> credential(Map binding) {
        def value = spec.credentials?.get(binding.credentialsId)
        if (value == null) { throw new IOException("Could not find credentials entry with ID '${binding.credentialsId}'") }
        if (binding.kind == 'usernamePassword') {
            return [(binding.usernameVariable): value[0], (binding.passwordVariable): value[1]]
        }
        if (binding.kind == 'file') {
            File file = new File(temporary, "credential-${binding.credentialsId}")
            file.setText(value, 'UTF-8')
            return [(binding.variable): file.path]
        }
        [(binding.variable): value]
    }

    /** Blocks that wait for something that is always there on this machine. */
    void blocks() {
        allow('stage', [String, Closure]) { String name, Closure body ->
            calls.add(['stage', name])
            try { helper.callClosure(body) } catch (CancellationException skipped) { calls.add(['skipped', name]) }
        }
        ['node', 'lock', 'timeout', 'catchError', 'warnError'].each { name ->
            allow(name, [Closure]) { Closure body -> calls.add([name]); helper.callClosure(body) }
            allow(name, [String, Closure]) { String given, Closure body -> calls.add([name, given]); helper.callClosure(body) }
            allow(name, [Map, Closure]) { Map given, Closure body -> calls.add([name, given]); helper.callClosure(body) }
        }
        ['checkout', 'echo', 'input', 'milestone', 'properties', 'stash', 'unstash', 'junit', 'archiveArtifacts', 'disableConcurrentBuilds', 'lockOption'].each { name ->
            if (spec.missing?.contains(name)) { return }
            [[Map], [String], [Integer], [Object], [List], []].each { types ->
                allow(name, types) { Object... given -> calls.add([name] + (given as List)); name == 'disableConcurrentBuilds' ? [:] : null }
            }
        }
        allow('publishChecks', [Map]) { Map given ->
            if (spec.missing?.contains('publishChecks')) { throw new NoSuchMethodError('No such DSL method') }
            calls.add(['publishChecks', given])
        }
    }

    void marks() {
        allow('error', [String]) { String message -> throw new IOException(message) }
        allow('unstable', [String]) { String message ->
            calls.add(['unstable', message])
            binding.getVariable('currentBuild').result = 'UNSTABLE'
        }
    }
}

/** `env`: https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables */
class Environment implements Serializable {
    private static Steps steps

    Environment(Steps steps) { Environment.steps = steps }

    def getProperty(String name) { steps.environment[name] }

    void setProperty(String name, Object value) { steps.environment[name] = value.toString() }
}
