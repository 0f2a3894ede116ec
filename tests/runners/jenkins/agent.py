"""An agent of Jenkins, as far as `sh` goes: starts what the controller tells it to, in this process's place.

`agent.py PORT SPEC.json`: its environment is the job's, its output the build's log, its status the build's. A signal
that reaches it stops the build, as a person does: the process that runs has got it too, and Jenkins hears of it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile

stopped = False


def stop(*_):
    global stopped
    stopped = True


def run(order, temporary):
    """One script: its status, and its output where that is wanted.

    https://github.com/jenkinsci/durable-task-plugin/blob/master/src/main/java/org/jenkinsci/plugins/durabletask/BourneShellScript.java
    """
    global stopped
    handle, path = tempfile.mkstemp(dir=temporary)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(order["script"])
    os.chmod(path, 0o700)
    command = [path] if order["script"].startswith("#!") else ["sh", "-xe", path]
    try:
        done = subprocess.run(
            command,
            cwd=order["folder"],
            env=order["environment"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if order["returned"] else None,
        )
        status, text = done.returncode, (done.stdout or b"").decode("utf-8")
    except (OSError, ValueError) as problem:
        # What no environment can hold: Jenkins does not start it either.
        status, text = 126, ""
        print(problem, file=sys.stderr)
    os.remove(path)
    was_stopped, stopped = stopped, False
    return {"status": status if status >= 0 else 128 - status, "text": text, "stopped": was_stopped}


def main():
    # Not ignored, or the processes would ignore it too.
    signal.signal(signal.SIGTERM, stop)
    with open(sys.argv[2], encoding="utf-8") as file:
        spec = json.load(file)
    spec["environment"] = dict(os.environ)
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
        lines = connection.makefile("rw", encoding="utf-8", newline="\n")

        def tell(what):
            lines.write(json.dumps(what) + "\n")
            lines.flush()

        tell(spec)
        for line in lines:
            order = json.loads(line)
            if "ended" in order:
                if order["problem"]:
                    print(order["problem"], file=sys.stderr)
                sys.exit(order["ended"])
            tell(run(order, spec["temporary"]))
    sys.exit("the controller went away")


main()
