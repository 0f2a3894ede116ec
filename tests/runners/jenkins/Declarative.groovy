// The declarative form of a pipeline, which jenkins-pipeline-unit of this version does not know: each block is a
// method that runs what stands in it, in the order of https://www.jenkins.io/doc/book/pipeline/syntax/

import java.util.concurrent.CancellationException

class Declarative {
    /** Words that a block of this form gives a meaning. */
    static final Set<String> WORDS = ['any', 'none'] as Set

    static void allow(Steps steps) {
        def helper = steps.helper
        def run = { Closure body -> helper.callClosure(body) }
        WORDS.each { steps.binding.setVariable(it, it) }
        ['pipeline', 'stages', 'steps', 'script', 'options', 'post', 'always', 'success', 'unsuccessful', 'libraries'].each { name ->
            steps.allow(name, [Closure], run)
        }
        ['failure', 'aborted', 'unstable', 'fixed', 'changed'].each { name -> steps.allow(name, [Closure]) { Closure body -> null } }
        steps.allow('agent', [String]) { String given -> steps.note('agent', [given]) }
        steps.allow('agent', [Closure]) { Closure body -> steps.note('agent', []); run(body) }
        ['label', 'image', 'beforeAgent', 'beforeInput', 'message', 'ok', 'submitter', 'skipDefaultCheckout', 'buildDiscarder', 'retries', 'cron'].each { name ->
            [[String], [Boolean], [Map], []].each { types ->
                steps.allow(name, types) { Object... given -> steps.note(name, given as List) }
            }
        }
        steps.allow('docker', [Closure], run)
        steps.allow('triggers', [Closure], run)
        steps.allow('input', [Closure]) { Closure body -> steps.note('input', []); run(body) }
        conditions(steps, run)
        environment(steps, run)
    }

    private static void conditions(Steps steps, Closure run) {
        steps.allow('when', [Closure]) { Closure body -> if (!run(body)) { throw new CancellationException() } }
        steps.allow('not', [Closure]) { Closure body -> !run(body) }
        steps.allow('changeRequest', []) { steps.environment.CHANGE_ID != null }
        steps.allow('branch', [String]) { String name -> steps.environment.BRANCH_NAME == name && steps.environment.CHANGE_ID == null }
        steps.allow('expression', [Closure], run)
    }

    /** `environment { NAME = 'value' }`: what it sets is in the script's variables afterwards. */
    private static void environment(Steps steps, Closure run) {
        steps.allow('environment', [Closure]) { Closure body ->
            Set before = new HashSet(steps.binding.variables.keySet())
            run(body)
            (steps.binding.variables.keySet() - before).each { name ->
                steps.environment[name] = steps.binding.getVariable(name).toString()
            }
        }
    }
}
