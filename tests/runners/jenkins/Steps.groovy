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
    /** Where `call.jenkins` is. */
    private final String root
    /** What the binding of every build begins with. */
    private Set<String> base
    /** What the build is: environment, workspace, credentials by id, answers to `isUnix` and the like. */
    Map spec
    /** Where processes run. */
    def agent
    /** The environment as the blocks round a step made it. */
    Map<String, String> environment
    File temporary
    /** Where `sh` and the others work. */
    File folder
    /** What steps were called with, in order. */
    List<List> calls
    int lastStatus

    Steps(String root) { this.root = root }

    /** Once for all builds. */
    void setUp() {
        scriptRoots = [root] as String[]
        super.setUp()
        helper.baseScriptRoot = '/'
        files()
        processes()
        blocks()
        marks()
        base = new HashSet(binding.variables.keySet())
    }

    /** Another build. */
    void begin(Map spec, agent) {
        this.spec = spec
        this.agent = agent
        environment = new HashMap(spec.environment)
        temporary = new File(spec.temporary)
        folder = new File(spec.workspace)
        calls = []
        lastStatus = 0
        helper.callStack.clear()
        (binding.variables.keySet() - base - Declarative.WORDS).each { binding.variables.remove(it) }
        binding.setVariable('currentBuild', [result: null, description: null])
        binding.setVariable('scm', [:])
        binding.setVariable('params', spec.parameters ?: [:])
        binding.setVariable('env', new Environment(this))
    }

    /** Keeps what a step was called with, a block as its name. */
    void note(String name, List given) { calls.add([name] + given.collect { it instanceof Closure ? '{}' : it }) }

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
            note('powershell', [given.script])
            0
        }
        allow('withEnv', [List, Closure]) { List pairs, Closure body ->
            Map<String, String> before = environment
            environment = overridden(before, pairs)
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

    def run(Map given) {
        agent.tell(script: given.script.toString(), folder: folder.path, environment: environment, returned: given.returnStdout == true)
        Map ended = agent.listen()
        lastStatus = ended.status
        note('sh', [lastStatus])
        if (ended.stopped) { throw new InterruptedException('the build was stopped') }
        if (given.returnStatus) { return lastStatus }
        if (lastStatus != 0) { throw new IOException("script returned exit code ${lastStatus}") }
        given.returnStdout ? ended.text : null
    }

    /**
     * `EnvVars.overrideAll`, which is what `withEnv` calls: nothing is expanded, what is empty is taken away.
     * https://github.com/jenkinsci/workflow-basic-steps-plugin/blob/master/src/main/java/org/jenkinsci/plugins/workflow/steps/EnvStep.java
     * https://github.com/jenkinsci/jenkins/blob/master/core/src/main/java/hudson/EnvVars.java
     */
    static Map<String, String> overridden(Map<String, String> before, List pairs) {
        Map<String, String> after = new HashMap(before)
        pairs.each { pair ->
            int at = pair.toString().indexOf('=')
            String name = pair.toString().substring(0, at)
            String value = pair.toString().substring(at + 1)
            if (value.isEmpty()) { after.remove(name) } else { after[name] = value }
        }
        after
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
            note('stage', [name])
            try { helper.callClosure(body) } catch (CancellationException skipped) { note('skipped', [name]) }
        }
        ['node', 'lock', 'timeout', 'catchError', 'warnError'].each { name ->
            [[Closure], [String, Closure], [Map, Closure]].each { types ->
                allow(name, types) { Object... given -> note(name, given as List); helper.callClosure(given.last()) }
            }
        }
        PLAIN.each { name ->
            [[Map], [String], [Integer], [List], []].each { types ->
                allow(name, types) { Object... given -> plain(name, given as List) }
            }
        }
        allow('parallel', [Map]) { Map branches ->
            branches.each { name, body -> if (body instanceof Closure) { note('branch', [name]); helper.callClosure(body) } }
        }
    }

    /** Steps of which it is enough to know that they were called. */
    private static final List<String> PLAIN = [
        'archiveArtifacts', 'checkout', 'disableConcurrentBuilds', 'echo', 'input', 'junit', 'milestone', 'properties', 'publishChecks',
        'stash', 'unstash',
    ]

    private def plain(String name, List given) {
        if (spec.missing?.contains(name)) { throw new NoSuchMethodError("No such DSL method '${name}' found among steps") }
        if (spec.failing?.contains(name)) { throw new IOException("${name} failed") }
        note(name, given)
        name == 'disableConcurrentBuilds' ? [disableConcurrentBuilds: given] : null
    }

    void marks() {
        allow('error', [String]) { String message -> throw new IOException(message) }
        allow('unstable', [String]) { String message ->
            note('unstable', [message])
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
