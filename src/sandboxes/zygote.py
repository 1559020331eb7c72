"""The fork-server of the namespace sandbox: a process that has built a small root file system in namespaces of its own
and forks episodes from itself. Each episode has namespaces of its own again. Its first process, the warden, is ours:
it holds the files, the members' ends and the memory bound. The interpreters that run code are the warden's children;
they hold nothing but their own channel.

Everything here runs as an unprivileged user. `config` is what the host sent first.
"""
import base64
import ctypes
import errno
import fcntl
import gc
import importlib
import importlib.metadata
import json
import os
import resource
import select
import shutil
import signal
import socket
import stat
import struct
import sys
import types

libc = ctypes.PyDLL(None, use_errno=True)
AARCH64 = os.uname().machine == "aarch64"
SYS_CLONE, SYS_PIVOT_ROOT, SYS_CAPSET = (220, 41, 91) if AARCH64 else (56, 155, 126)
SYS_OPENAT2, SYS_MOUNT_SETATTR = 437, 442
NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
ALL_NEW = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 2, 4, 8, 32, 4096, 16384, 1 << 18
RDONLY_ATTR, RECURSIVE, DETACH = 1 | 2, 0x8000, 2
PDEATHSIG, DUMPABLE, SECCOMP, CAPBSET_DROP, NO_NEW_PRIVS, CAP_AMBIENT = 1, 4, 22, 24, 38, 47
BENEATH = 0x08 | 0x02
PROCESSES, OPEN_FILES = 128, 512
TICK = 0.1
OUTSIDE_MOUNTS = ("/work", "/tmp", "/dev/shm")
LIBRARIES = {"numpy": True, "pandas": True, "scipy": False, "scikit-learn": False, "sympy": False, "networkx": False,
             "statsmodels": False, "matplotlib": False, "polars": False, "torch": False, "biopython": False}


def check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def mount(source, target, kind=None, flags=0, options=None):
    encoded = [part if part is None else part.encode() for part in (source, target, kind)]
    check(libc.mount(*encoded, ctypes.c_ulong(flags), options and options.encode()), f"mount {target}")


def read_only(target):
    attributes = struct.pack("QQQQ", RDONLY_ATTR, 0, 0, 0)
    check(libc.syscall(SYS_MOUNT_SETATTR, -100, target.encode(), RECURSIVE, attributes, len(attributes)), f"read-only {target}")


def bind(source, target, writable=False):
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").close()
    mount(source, target, None, BIND | REC)
    if not writable:
        read_only(target)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def map_ids(inner, outer):
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{inner} {outer[0]} 1")
    write("/proc/self/gid_map", f"{inner} {outer[1]} 1")


def news(**what):
    os.write(1, json.dumps(what).encode() + b"\n")


# ------------------------------------------------------------------------------------------------ the zygote's world


def enter():
    """Namespaces, and in them this process as the first of its own process namespace: the kernel ends all with it."""
    if os.getuid() == 0 or os.geteuid() == 0:
        raise SystemExit("the zygote never runs as root")
    libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ids = os.getuid(), os.getgid()
    check(libc.unshare(ALL_NEW), "unshare")
    map_ids(0, ids)
    child = os.fork()
    if child:
        os.closerange(0, 3)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def build_root():
    """A root of tmpfs with the system's programs read-only in it, and nothing else of the host."""
    new = "/tmp"
    mount("none", "/", None, REC | PRIVATE)
    mount("root", new, "tmpfs", NOSUID | NODEV, "size=4m,mode=0755")
    bind("/usr", new + "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        if os.path.islink("/" + name):
            os.symlink(os.readlink("/" + name), f"{new}/{name}")
        elif os.path.isdir("/" + name):
            bind("/" + name, f"{new}/{name}")
    for path in config["readable"] + ["/etc/ld.so.cache", "/etc/alternatives"]:
        if os.path.exists(path):
            bind(path, new + path)
    for name in ("null", "zero", "full", "random", "urandom"):
        bind("/dev/" + name, f"{new}/dev/{name}", writable=True)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink("/proc/self/fd" + target, f"{new}/dev/{name}")
    for name in ("proc", "work", "tmp", "dev/shm", "forks", "old"):
        os.makedirs(f"{new}/{name}")
    os.makedirs(new + "/etc", exist_ok=True)
    write(new + "/etc/passwd", "root:x:0:0::/:/bin/false\nplayer:x:1000:1000::/tmp:/bin/sh\n")
    write(new + "/etc/group", "root:x:0:\nplayer:x:1000:\n")
    write(new + "/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    mount("proc", new + "/proc", "proc", NOSUID | NODEV | NOEXEC)
    os.chdir(new)
    check(libc.syscall(SYS_PIVOT_ROOT, b".", b"old"), "pivot_root")
    os.chdir("/")
    check(libc.umount2(b"/old", DETACH), "umount /old")
    os.rmdir("/old")
    # Not its mounts: the proc of the zygote has to stay as it is, or no episode could mount its own.
    attributes = struct.pack("QQQQ", RDONLY_ATTR, 0, 0, 0)
    check(libc.syscall(SYS_MOUNT_SETATTR, -100, b"/", 0, attributes, len(attributes)), "read-only /")


def preload():
    """Imports what nearly every program does, so that no episode has to; tells which libraries there are."""
    for name in ("collections", "csv", "datetime", "decimal", "fractions", "functools", "heapq", "itertools", "math",
                 "random", "re", "sqlite3", "statistics", "string", "typing", "unittest"):
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    found = {}
    for name, cheap in LIBRARIES.items():
        try:
            found[name] = importlib.metadata.version(name)
            if cheap:
                importlib.import_module(name)
        except Exception:
            found.pop(name, None)
    return found


def serve():
    """Forks an episode or ends one, as the host says; the end of its words is ours."""
    awake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    episodes, held = {}, b""
    while True:
        ready, _, _ = select.select([0, awake], [], [])
        if awake in ready:
            drain(awake)
            for pid, _ in reap():
                if pid in episodes:
                    news(ended=episodes.pop(pid))
        if 0 in ready:
            data = os.read(0, 1 << 16)
            if not data:
                os._exit(0)
            *lines, held = (held + data).split(b"\n")
            for order in map(json.loads, lines):
                obey(order, episodes)


def obey(order, episodes):
    number = order["episode"]
    if order["do"] == "spawn":
        try:
            pid = check(libc.syscall(SYS_CLONE, ALL_NEW | signal.SIGCHLD, 0, 0, 0, 0), "clone")
        except OSError as error:
            news(ended=number, why=str(error))
            return
        if pid == 0:
            contained(lambda: warden(order["token"]))
        episodes[pid] = number
        news(spawned=number, pid=pid)
    else:
        for pid in [pid for pid, one in episodes.items() if one == number]:
            os.kill(pid, signal.SIGKILL)


def contained(work):
    """Never returns into the zygote's loop, whatever happens."""
    try:
        work()
    except BaseException as error:
        try:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        except OSError:
            pass
    os._exit(1)


def drain(fd):
    try:
        while os.read(fd, 512):
            pass
    except BlockingIOError:
        pass


def reap():
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status


# ------------------------------------------------------------------------------------------------ an episode's warden


class Member:
    """An interpreter of this episode: the first, or a fork of one."""

    def __init__(self, folder, cap=1 << 16):
        self.folder, self.pid = folder, 0
        self.usher, self.its_usher = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.outputs = [inner.Capped(os.memfd_create(name)) for name in ("out", "err")]
        for output in self.outputs:
            output.cap = cap
            fcntl.fcntl(output.fd, fcntl.F_SETFL, os.O_APPEND)

    def close(self):
        self.usher.close()
        for output in self.outputs:
            os.close(output.fd)
        if self.folder != "/work":
            libc.umount2(self.folder.encode(), DETACH)


class Warden:
    def __init__(self, token):
        self.members, self.sizes, self.cap, self.watch, self.peak = {}, {}, 1 << 16, None, 0
        self.doing = {name: getattr(self, "do_" + name) for name in
                      ("start", "open", "read", "write", "changes", "interrupt", "kill", "fork", "adopt")}
        self.channel = connect(token)
        self.held = bytearray()

    def serve(self):
        awake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            ready, _, _ = select.select([self.channel, awake], [], [], TICK if self.watch else None)
            if awake in ready:
                drain(awake)
                for pid, status in reap():
                    self.mourn(pid, status)
            if self.watch:
                self.weigh()
            if self.channel in ready:
                data = self.channel.recv(1 << 18)
                if not data:
                    os._exit(0)
                self.hear(data)

    def hear(self, data):
        self.held += data
        if b"\n" not in data:
            return
        *lines, self.held = self.held.split(b"\n")
        for request in map(json.loads, lines):
            try:
                answer = self.doing[request["do"]](request) or {}
            except Exception as error:
                code = errno.errorcode.get(getattr(error, "errno", None), "")
                answer = {"error": getattr(error, "strerror", None) or str(error), "code": code}
            self.tell(id=request["id"], **answer)

    def tell(self, **what):
        self.channel.sendall(json.dumps(what).encode() + b"\n")

    def mourn(self, pid, status):
        for number, member in self.members.items():
            if member.pid == pid:
                member.pid = 0
                (out, out_cut), (err, err_cut) = (end.take() for end in member.outputs)
                self.tell(member=number, status=os.waitstatus_to_exitcode(status), stdout=out, stderr=err,
                          truncated=out_cut or err_cut)

    def do_start(self, request):
        """The first interpreter, once the host has put us where our memory is bounded."""
        member = self.members[0] = Member("/work")
        channel = connect(request["token"])
        pid = os.fork()
        if pid == 0:
            contained(lambda: interpreter(channel, member))
        member.pid = pid
        channel.close()

    def do_open(self, request):
        self.sizes = {"/work": request["diskMb"], "/tmp": request["diskMb"], "/dev/shm": request["diskMb"]}
        for target, size in self.sizes.items():
            mount(None, target, None, REMOUNT | NOSUID | NODEV, tmpfs(size))
        self.cap = request["cap"]
        for output in self.members[0].outputs:
            output.cap = self.cap
        if request["watch"]:
            self.watch = request["memoryMb"] << 20

    def do_interrupt(self, request):
        pid = self.members[request["member"]].pid
        if pid:
            try:
                os.killpg(pid, signal.SIGINT)
            except ProcessLookupError:
                pass

    def do_kill(self, request):
        """Ends one member and what it started; all that is in here, where it is the only one left."""
        number = request["member"]
        if any(member.pid for one, member in self.members.items() if one != number):
            self.fell(self.members[number].pid)
        else:
            self.clear()
        if request.get("gone"):
            self.members.pop(number).close()

    def clear(self):
        """Whatever is in here but us, at one stroke; back when it is gone."""
        try:
            os.kill(-1, signal.SIGKILL)
            while True:
                self.mourn(*os.waitpid(-1, 0))
        except (ProcessLookupError, ChildProcessError):
            pass

    def fell(self, root):
        """Kills a process and its descendants, until none is left; what it starts meanwhile is found too."""
        tree = {root}
        while root:
            parents = {pid: parent for pid, parent in processes().items() if pid != 1}
            while found := {pid for pid, parent in parents.items() if parent in tree} - tree:
                tree |= found
            living = [pid for pid in tree if pid in parents and kill(pid)]
            if not living:
                return
            for pid, status in reap():
                self.mourn(pid, status)

    def do_fork(self, request):
        """A folder with the same files, and ends for a new member, given to the one that will fork."""
        old, number = self.members[request["member"]], request["number"]
        folder = f"/forks/{number}"
        if not os.path.ismount("/forks"):
            mount("forks", "/forks", "tmpfs", NOSUID | NODEV, "size=64k,mode=0755")
        os.mkdir(folder)
        mount("work", folder, "tmpfs", NOSUID | NODEV, tmpfs(self.sizes["/work"]))
        shutil.copytree(old.folder, folder, symlinks=True, dirs_exist_ok=True, copy_function=copy_entry)
        member = self.members[number] = Member(folder, self.cap)
        channel = connect(request["token"])
        ends = [channel.fileno(), *(output.fd for output in member.outputs), member.its_usher.fileno()]
        socket.send_fds(old.usher, [b"!"], ends)
        channel.close()
        member.its_usher.close()
        return {"folder": folder}

    def do_adopt(self, request):
        """A fork says itself which process it is: a lie would have another process of this episode interrupted."""
        self.members[request["member"]].pid = request["pid"] if request["pid"] > 1 else 0

    # Of the files, only what lies beneath the folder, whatever links say.

    def opened(self, member, path, flags):
        folder = os.open(self.members[member].folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            how = struct.pack("QQQ", flags | os.O_CLOEXEC, 0o666 if flags & os.O_CREAT else 0, BENEATH)
            return check(libc.syscall(SYS_OPENAT2, folder, os.fsencode(path), how, len(how)), "open")
        finally:
            os.close(folder)

    def do_read(self, request):
        fd = self.opened(request["member"], request["path"], os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            facts = os.fstat(fd)
            if not stat.S_ISREG(facts.st_mode):
                raise OSError(errno.EINVAL, "no file")
            if facts.st_size > request["most"]:
                raise OSError(errno.EFBIG, f"it has {facts.st_size} bytes")
            return {"data": base64.b64encode(file.read(request["most"])).decode()}

    def do_write(self, request):
        member, path = request["member"], request["path"]
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            self.make_folder(member, "/".join(parts[: depth - 1]) or ".", parts[depth - 1])
        fd = self.opened(member, path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK)
        with os.fdopen(fd, "wb") as file:
            try:
                file.write(base64.b64decode(request["data"]))
                file.flush()
            except OSError:
                file.raw.truncate(0)
                raise

    def make_folder(self, member, parent, name):
        fd = self.opened(member, parent, os.O_PATH | os.O_DIRECTORY)
        try:
            os.mkdir(name, dir_fd=fd)
        except FileExistsError:
            pass
        finally:
            os.close(fd)

    def do_changes(self, request):
        found, top = [], os.fsencode(self.members[request["member"]].folder)
        folders = [b""]
        while folders:
            folder = folders.pop()
            try:
                entries = list(os.scandir(os.path.join(top, folder)))
            except OSError:  # removed meanwhile, or deeper than a path can say
                continue
            for entry in entries:
                path = os.path.join(folder, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                else:
                    found.append([path.decode("utf-8", "replace"), size_of(entry)])
        return {"files": found}

    # Where no cgroup bounds the memory, we do.

    def weigh(self):
        """Cheaply first, pages that are shared counted for each; exactly where that is too much."""
        page = resource.getpagesize()
        pids = [pid for pid in processes() if pid != 1]
        kept = sum(used(target) for target in self.folders())
        total = kept + sum(field(f"/proc/{pid}/statm", 1) * page for pid in pids)
        if total > self.watch:
            total = kept + sum(proportional(pid) for pid in pids)
        if total > self.peak + (1 << 20):
            self.peak = total
            self.tell(peak=total)
        if total > self.watch:
            self.tell(over=total)
            os.kill(-1, signal.SIGKILL)

    def folders(self):
        return [*OUTSIDE_MOUNTS, *(member.folder for number, member in self.members.items() if number)]


def warden(token):
    signal.set_wakeup_fd(-1)
    map_ids(1000, (0, 0))
    libc.sethostname(b"ludus", 5)
    mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC, "subset=pid")
    for target in OUTSIDE_MOUNTS:
        mount("work", target, "tmpfs", NOSUID | NODEV, tmpfs(1))
    raise_loopback()
    nothing = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    for fd in range(2):
        os.dup2(nothing, fd)
    libc.prctl(DUMPABLE, 0, 0, 0, 0)
    Warden(token).serve()


def raise_loopback():
    with socket.socket() as probe:
        fcntl.ioctl(probe, 0x8914, struct.pack("16sh22x", b"lo", 0x1 | 0x40))


def connect(token):
    """By the descriptor that we were started with: the socket has no path, and no episode could name it."""
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(f"/proc/self/fd/{door}")
    channel.sendall(json.dumps({"hello": token}).encode() + b"\n")
    return channel


def tmpfs(megabytes):
    return f"size={megabytes}m,nr_inodes={max(1024, 256 * megabytes)},mode=0777"


def processes():
    """Every process in here with its parent."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    found[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                pass
    return found


def kill(pid):
    """Whether there was anything to kill; the dead that nobody has buried are not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            if file.read().rpartition(")")[2].split()[0] == "Z":
                return False
        os.kill(pid, signal.SIGKILL)
        return True
    except (OSError, IndexError):
        return False


def field(path, column):
    try:
        with open(path) as file:
            return int(file.read().split()[column])
    except (OSError, IndexError, ValueError):
        return 0


def proportional(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return sum(int(line.split()[1]) << 10 for line in file if line.startswith("Pss:"))
    except (OSError, IndexError, ValueError):
        return 0


def used(target):
    try:
        facts = os.statvfs(target)
        return (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    except OSError:
        return 0


def size_of(entry):
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def copy_entry(source, target):
    """Pipes and sockets are no state of a folder: opening one could wait for ever."""
    if stat.S_ISREG(os.lstat(source).st_mode):
        shutil.copy2(source, target, follow_symlinks=False)


# ------------------------------------------------------------------------------------------------ an interpreter


def interpreter(channel, member):
    os.setsid()
    libc.prctl(DUMPABLE, 1, 0, 0, 0)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    write("/proc/self/oom_score_adj", "1000")
    place([channel.detach(), *(output.fd for output in member.outputs), member.its_usher.detach()])
    os.closerange(5, OPEN_FILES + 1024)
    os.chdir("/work")
    os.environ.clear()
    os.environ.update(config["environment"])
    sys.dont_write_bytecode = True
    sys.path.insert(0, "")
    for kind, most in ((resource.RLIMIT_NPROC, PROCESSES), (resource.RLIMIT_NOFILE, OPEN_FILES)):
        resource.setrlimit(kind, (most, most))
    drop_privileges()
    inner.Interpreter(socket.socket(fileno=CHANNEL), {"begin": begin, "fork": fork, "who": lambda *_: {"pid": os.getpid()}}).serve()


CHANNEL, USHER = 3, 4


def place(ends):
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in ends]
    for fd, target in zip(high, (CHANNEL, 1, 2, USHER)):
        os.dup2(fd, target, target in (1, 2))
    for fd in high:
        os.close(fd)


def drop_privileges():
    for capability in range(64):
        if libc.prctl(CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break
    libc.prctl(CAP_AMBIENT, 4, 0, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)
    check(libc.syscall(SYS_CAPSET, header, bytes(24)), "capset")
    check(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    code = ctypes.create_string_buffer(base64.b64decode(config["seccomp"]))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", (len(code) - 1) // 8, ctypes.addressof(code)))
    check(libc.prctl(SECCOMP, 2, program, 0, 0), "seccomp")


def begin(_, request):
    """What the world asked for. Addresses are bounded too, so that most who take too much hear a MemoryError."""
    with open("/proc/self/statm") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    bounds = {
        resource.RLIMIT_AS: taken + (request["memoryMb"] << 20),
        resource.RLIMIT_FSIZE: request["diskMb"] << 20,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for kind, most in bounds.items():
        resource.setrlimit(kind, (most, most))
    return {}


def fork(interpreter, request):
    """The same state twice. The other one has a folder, outputs and a channel of its own."""
    usher = socket.socket(fileno=os.dup(USHER))
    _, ends, _, _ = socket.recv_fds(usher, 1, 4)
    usher.close()
    between = os.fork()
    if between:
        os.waitpid(between, 0)
    elif os.fork():  # the warden's child, and none of the interpreter's: code may wait for its own children
        os._exit(0)
    else:
        os.setsid()
        place(ends)
        interpreter.adopt(socket.socket(fileno=CHANNEL), request["folder"])
    for fd in ends:
        os.close(fd)
    return {} if between else None


# ------------------------------------------------------------------------------------------------ and so it begins

inner = types.ModuleType("ludus")
exec(compile(config["interpreter"], "<ludus>", "exec"), inner.__dict__)
door = 3
os.set_inheritable(door, False)
try:
    enter()
    build_root()
    os.environ.clear()
    os.environ.update(config["environment"])
    libraries = preload()
    gc.collect()
    gc.freeze()
    news(ready=f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}", libraries=libraries)
    serve()
except OSError as error:
    news(failed=str(error))
