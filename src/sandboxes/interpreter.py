"""An interpreter that lives as long as its sandbox: reads requests from a socket, one JSON object a line, runs them in
one namespace, and answers in kind. It is the hostile side of the wall: whoever reads its answers trusts none of them.

Its standard output and error are files, open for reading and appending; what is in them after a request is the answer's.
"""
import builtins
import errno
import io
import json
import linecache
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import types

FLOOD = 1 << 20  # bytes of output kept while it flows; of more, the middle is dropped


class Capped(io.RawIOBase):
    """Writes to a file, and drops the middle of a flood, so that whoever prints is never stopped by its size."""

    def __init__(self, fd):
        super().__init__()
        self.fd, self.dropped, self.cap, self.since = fd, 0, 1 << 16, 0

    def fileno(self):
        return self.fd

    def writable(self):
        return True

    def write(self, data):
        view = memoryview(data).cast("B")
        if len(view) > self.flood():
            self.put(view[: self.cap])
            self.dropped += len(view) - 2 * self.cap
            self.put(view[-self.cap :])
        else:
            self.put(view)
        return len(view)

    def flood(self):
        return max(FLOOD, 4 * self.cap)

    def put(self, view):
        while view:
            try:
                done = os.write(self.fd, view)
            except OSError as error:  # files may not grow so far here
                if error.errno != errno.EFBIG or not self.drop():
                    raise
                continue
            self.since += done
            view = view[done:]
        if self.since > self.flood():
            self.drop()

    def drop(self):
        """The middle of what is there; whether there was one."""
        self.since, size, half = 0, os.fstat(self.fd).st_size, self.cap // 2
        if size <= 2 * half:
            return False
        tail = os.pread(self.fd, half, size - half)
        os.ftruncate(self.fd, half)
        os.write(self.fd, tail)
        self.dropped += size - half - len(tail)
        return True

    def take(self):
        """What was written since the last time, at most `cap` bytes of it, and whether it was cut."""
        size = os.fstat(self.fd).st_size
        total = size + self.dropped
        if total <= self.cap:
            text = os.pread(self.fd, size, 0).decode("utf-8", "replace")
        else:
            half = max(self.cap - 64, 0) // 2
            head = os.pread(self.fd, half, 0).decode("utf-8", "replace")
            tail = os.pread(self.fd, half, size - half).decode("utf-8", "replace")
            text = f"{head}\n[... {total - 2 * half} bytes cut ...]\n{tail}"
        if size:
            os.ftruncate(self.fd, 0)
        self.dropped = self.since = 0
        return text, total > self.cap


KEPT = 9  # where a shell leaves its environment; a digit, since no other number follows >& in every shell


def keep():
    with tempfile.TemporaryFile() if not hasattr(os, "memfd_create") else open(os.memfd_create("env"), "r+b", 0) as file:
        os.dup2(file.fileno(), KEPT, False)


class Interpreter:
    """The loop and what persists: the module that code runs in, and the shell's folder and environment."""

    def __init__(self, channel, extra=None):
        self.channel, self.extra = channel, extra or {}
        self.requests = channel.makefile("rb")
        self.running, self.cells, self.me = False, 0, os.getpid()
        self.open_outputs()
        self.module = types.ModuleType("__main__")
        self.module.__dict__["__builtins__"] = builtins
        self.shell_env, self.home = None, os.getcwd()
        keep()
        sys.modules["__main__"] = self.module
        sys.argv = [""]
        signal.signal(signal.SIGINT, self.on_interrupt)

    def open_outputs(self):
        self.out, self.err = Capped(1), Capped(2)
        self.stdout, self.stderr = stream(self.out), stream(self.err)

    def on_interrupt(self, *_):
        if self.running:
            raise KeyboardInterrupt

    def serve(self):
        while True:
            line = self.requests.readline()
            if not line:
                os._exit(0)
            request = json.loads(line)
            handler = self.extra.get(request["do"])
            answer = handler(self, request) if handler else self.execute(request)
            if answer is not None:
                self.answer(request["id"], answer)

    def adopt(self, channel, folder):
        """What a fork of the whole process needs to be one of its own."""
        here, self.home, left = os.getcwd(), folder, self.home
        os.chdir(moved(here, left, folder))
        if self.shell_env:
            self.shell_env["PWD"] = moved(self.shell_env["PWD"], left, folder)
        keep()
        self.channel.detach()  # its descriptor is the new one's now
        self.channel, self.requests, self.me = channel, channel.makefile("rb"), os.getpid()
        self.out.dropped = self.err.dropped = 0

    def answer(self, number, answer):
        answer["id"] = number
        self.channel.sendall(json.dumps(answer).encode() + b"\n")

    def execute(self, request):
        if self.stdout.closed or self.stderr.closed:  # by the code before
            self.open_outputs()
        self.out.cap = self.err.cap = request["cap"]
        sys.stdout, sys.stderr = self.stdout, self.stderr
        self.cells += request["code"] != ""
        run = self.shell if request["language"] == "shell" else self.python
        code = self.guarded(run, request["code"])
        if os.getpid() != self.me:  # the code forked: only the original answers
            os._exit(code)
        (out, out_cut), (err, err_cut) = self.out.take(), self.err.take()
        return {"stdout": out, "stderr": err, "exitCode": code, "truncated": out_cut or err_cut}

    def guarded(self, run, code):
        try:
            try:
                self.running = True
                status = run(code)
            finally:
                self.running = False
        except SystemExit as end:
            status = self.left(end.code)
        except BaseException as error:
            status = 1
            self.tell(error)
        for one in (self.stdout, self.stderr):
            try:
                one.flush()
            except BaseException:
                pass
        return status

    def left(self, status):
        if status is None or isinstance(status, int):
            return (status or 0) & 0xFF
        print(status, file=self.stderr)
        return 1

    def tell(self, error):
        """The traceback, without our own frames."""
        try:
            trace = error.__traceback__
            while trace and trace.tb_frame.f_code.co_filename != self.cell():
                trace = trace.tb_next
            told = traceback.TracebackException(type(error), error, trace)
            ours(told, set())
            self.stderr.write("".join(told.format()))
        except BaseException:
            os.write(2, type(error).__name__.encode() + b"\n")

    def cell(self):
        return f"<cell {self.cells}>"

    def python(self, code):
        name = self.cell()
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        exec(compile(code, name, "exec", dont_inherit=True), self.module.__dict__)
        return 0

    def shell(self, code):
        """Folder and exported variables persist; the rest of a shell's state does not."""
        if SHELL is None:
            os.write(2, b"there is no bash and no sh here\n")
            return 127
        env, cwd = self.shell_env or os.environ, self.shell_env and self.shell_env.get("PWD")
        os.ftruncate(KEPT, 0)
        child = subprocess.Popen(
            [SHELL, "-c", f"trap 'env -0 >&{KEPT}' EXIT; {code}"],
            stdin=subprocess.DEVNULL,
            env=env,
            cwd=cwd if cwd and os.path.isdir(cwd) else None,
            pass_fds=(KEPT,),
            start_new_session=True,
        )
        try:
            status = child.wait()
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
        pairs = (pair.partition(b"=") for pair in os.pread(KEPT, 1 << 20, 0).split(b"\0") if pair)
        found = {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
        self.shell_env = found if "PWD" in found else self.shell_env
        return status if status >= 0 else 128 - status


def moved(path, old, new):
    """The same place in another folder, where it lies in the old one and is there."""
    beneath = path == old or path.startswith(old + "/")
    there = new + path[len(old) :] if beneath else path
    return there if os.path.isdir(there) else new


def ours(told, seen):
    """Takes our own frames out of what is told, causes included."""
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    mine = stream.__code__.co_filename
    told.stack[:] = [frame for frame in told.stack if frame.filename != mine]
    ours(told.__cause__, seen)
    ours(told.__context__, seen)


def stream(raw):
    buffered = io.BufferedWriter(raw, 1 << 13)
    return io.TextIOWrapper(buffered, "utf-8", "backslashreplace", line_buffering=True)


SHELL = shutil.which("bash") or shutil.which("sh")

if __name__ == "__main__":
    Interpreter(socket.socket(fileno=3)).serve()
