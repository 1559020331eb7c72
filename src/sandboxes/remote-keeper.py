"""
Runs in a box on somebody else's machine, where all we can do is to start commands: keeps one interpreter alive between
them. `keep` leaves a keeper behind, `ask` hands it a request and prints the answer; the others move files.
"""
import base64
import json
import os
import platform
import select
import signal
import socket
import sys
import tempfile
import time

GRACE = 0.4  # seconds that interrupted code has to come to an end


def keep(interpreter):
    os.makedirs("work", exist_ok=True)
    os.chdir("work")
    place = tempfile.mkdtemp(prefix="ludus-")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{place}/socket")
    listening.listen()
    if os.fork():
        about = {"place": place, "interpreter": f"{platform.python_implementation()} {platform.python_version()}"}
        print(json.dumps(about), flush=True)
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        for fd, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(f"{place}/{name}", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), fd)
        os.dup2(theirs.fileno(), 3)
        os.setsid()
        os.execv(sys.executable, [sys.executable, "-c", interpreter])
    theirs.close()
    with open(f"{place}/pid", "w") as file:
        file.write(str(pid))
    attend(listening, ours, pid)


def attend(listening, ours, pid):
    died = None
    while True:
        client = listening.accept()[0]
        try:
            order = json.loads(client.makefile("rb").readline())
            if died is None:
                answer = forward(ours, pid, order)
                if answer is None:
                    died = farewell(pid)
            client.sendall(answer if died is None else json.dumps({"died": died}).encode() + b"\n")
        except (OSError, ValueError):
            pass
        finally:
            client.close()


def forward(ours, pid, order):
    """The interpreter's answer; None where it has none to give any more."""
    try:
        ours.sendall(json.dumps(order["request"]).encode() + b"\n")
        steps = [(order["timeoutMs"] / 1000, signal.SIGINT), (GRACE, signal.SIGKILL)]
        held, deadline = b"", time.monotonic() + steps[0][0]
        while not held.endswith(b"\n"):
            if len(held) > order["most"]:
                os.kill(pid, signal.SIGKILL)
                return None
            if select.select([ours], [], [], max(0, deadline - time.monotonic()))[0]:
                data = ours.recv(1 << 16)
                if not data:
                    return None
                held += data
            elif steps:
                os.kill(pid, steps.pop(0)[1])
                deadline = time.monotonic() + GRACE
            else:
                return None
        return held
    except OSError:
        return None


def farewell(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return f"it was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"it exited with {os.WEXITSTATUS(status)}"


def ask(place, order):
    asking = socket.socket(socket.AF_UNIX)
    asking.connect(f"{place}/socket")
    asking.sendall((base64.b64decode(order) if order else open(f"{place}/order", "rb").read()) + b"\n")
    while data := asking.recv(1 << 16):
        sys.stdout.buffer.write(data)


def interrupt(place):
    os.kill(int(open(f"{place}/pid").read()), signal.SIGINT)


def inside(path):
    work = os.path.realpath("work")
    file = os.path.realpath(os.path.join(work, path))
    if not file.startswith(work + os.sep):
        raise SystemExit("outside")
    return file


def read(path, most):
    file = inside(path)
    if not os.path.isfile(file):
        raise SystemExit("absent")
    if os.path.getsize(file) > int(most):
        print(json.dumps({"size": os.path.getsize(file)}))
    else:
        print(json.dumps({"bytes": base64.b64encode(open(file, "rb").read()).decode()}))


def put(path, piece, how, place=""):
    file = f"{place}/{path}" if place else inside(path)
    try:
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, how) as out:
            out.write(base64.b64decode(piece))
    except OSError as error:
        print(json.dumps({"error": str(error)}))
    else:
        print("{}")


def changes():
    found = []
    for folder, _, names in os.walk("work"):
        for name in names:
            path = os.path.join(folder, name)
            found.append([os.path.relpath(path, "work"), os.lstat(path).st_size])
    print(json.dumps(found))


DOES = {one.__name__: one for one in (keep, ask, interrupt, read, put, changes)}
DOES[sys.argv[1]](*sys.argv[2:])
