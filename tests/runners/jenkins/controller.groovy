// A controller of Jenkins, as far as pipelines go: `controller.groovy ROOT LIBRARIES` prints its port, and runs the
// pipeline, or the calls of `stackstep`, of each agent that connects. Starting a JVM and compiling the library takes
// seconds, a build takes milliseconds: so there is one for all tests. It ends when its standard input does.
//
// A build ends with the status of the last run, and what the pipeline got and did is in the file `result` of its spec.

import com.lesfurets.jenkins.unit.global.lib.LibraryConfiguration
import com.lesfurets.jenkins.unit.global.lib.LocalSource
import groovy.json.JsonOutput
import groovy.json.JsonSlurperClassic

class Agent {
    private final BufferedReader reader
    private final Writer writer

    Agent(Socket socket) {
        reader = new BufferedReader(new InputStreamReader(socket.inputStream, 'UTF-8'))
        writer = new OutputStreamWriter(socket.outputStream, 'UTF-8')
    }

    Map listen() {
        String line = reader.readLine()
        if (line == null) { throw new EOFException('the agent went away') }
        new JsonSlurperClassic().parseText(line)
    }

    void tell(Map what) {
        writer.write(JsonOutput.toJson(what) + '\n')
        writer.flush()
    }
}

// The value of one run, and why it failed.
Map outcome(Steps steps, Object arguments) {
    try {
        steps.binding.setVariable('arguments', arguments)
        return [returned: steps.runScript(steps.spec.pipeline ?: 'call.jenkins'), problem: null]
    } catch (InterruptedException | IOException error) {
        return [returned: null, problem: error.message]
    }
}

void build(Steps steps, Agent agent) {
    steps.begin(agent.listen(), agent)
    List outcomes = (steps.spec.pipeline ? [null] : steps.spec.calls).collect { outcome(steps, it) }
    // Jenkins writes a pipeline's variables to disk.
    new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(outcomes)
    Map told = [
        returned: outcomes*.returned, problems: outcomes*.problem, calls: steps.calls,
        result: steps.binding.getVariable('currentBuild').result,
        description: steps.binding.getVariable('currentBuild').description,
    ]
    new File(steps.spec.result).setText(JsonOutput.toJson(told), 'UTF-8')
    Map last = outcomes.last()
    // A value that Jenkins refuses never becomes a run: the build fails.
    int status = last.returned instanceof Map ? last.returned.exitStatus : (last.problem == null ? 0 : steps.lastStatus ?: 1)
    agent.tell(ended: status, problem: last.problem)
}

PrintStream out = System.out
// What jenkins-pipeline-unit has to say is no log of a build.
System.out = new PrintStream(OutputStream.nullOutputStream())
Steps steps = new Steps(args[0])
steps.helper.registerSharedLibrary(new LibraryConfiguration(
    name: 'stackstep', defaultVersion: 'v1', implicit: true, allowOverride: true, targetPath: args[1],
    retriever: new LocalSource(args[1])))
steps.setUp()
Declarative.allow(steps)
Thread.startDaemon {
    while (System.in.read() >= 0) { }
    System.exit(0)
}
ServerSocket server = new ServerSocket(0, 50, InetAddress.loopbackAddress)
out.println(server.localPort)
out.flush()
while (true) {
    Socket socket = server.accept()
    try {
        build(steps, new Agent(socket))
    } catch (Throwable error) {
        // The build's agent hears nothing more, and fails.
        error.printStackTrace()
    } finally {
        socket.close()
    }
}
