/** What the exam of the sandboxes asks, said in each language. What cannot be said in one is not asked there. */

/** Each is code, or makes code. What code reports, it prints. */
export interface Dialect {
  readonly set: (name: string, value: number) => string
  readonly show: (name: string) => string
  /** Fails, and says 'a mistake' on the error stream. */
  readonly fail: string
  readonly spin: string
  /** Deaf to interrupts. */
  readonly deafSpin?: string
  /** More than a hundred megabytes of 'x', and then 'the end'. */
  readonly flood: string
  /** All 256 bytes. */
  readonly binary?: string
  readonly recurse?: string
  readonly segfault?: string
  readonly exit3?: string
  /** Takes memory without end. */
  readonly hog: string
  /** Four children that take so many megabytes each, at once; prints how many of them got them. */
  readonly hogTogether?: (mb: number) => string
  /** Writes files without end, says 'full' when it cannot, and removes them. */
  readonly hogDisk?: string
  /** Starts processes without end; prints how many it could. */
  readonly forkBomb?: string
  /** Leaves processes behind that no signal but one ends, with `mark` in their arguments. */
  readonly leaveBehind?: (mark: string) => string
  readonly writeFile?: (path: string, text: string) => string
  /** Attacks: each prints what it got. */
  readonly readFile: (path: string) => string
  readonly environment: string
  /** Connects, and prints what the server says. */
  readonly knock: (port: number) => string
  readonly knockAbstract?: (name: string) => string
  /** Tries every socket that it can find in the system, and prints 'reached' for each that it can connect to. */
  readonly findSockets?: string
  readonly listen?: (name: string) => string
  /** Opens each for writing; prints those that it could. */
  readonly openForWriting: (paths: readonly string[]) => string
  /** Tries what leads out of namespaces; prints what succeeded. */
  readonly climb?: string
  /** Writes to every descriptor it finds what may pass for results, and what is none. */
  readonly forge?: string
  readonly killAll?: string
}

const py = JSON.stringify

const python: Dialect = {
  set: (name, value) => `${name} = ${value}`,
  show: (name) => `print(${name})`,
  fail: 'raise ValueError("a mistake")',
  spin: 'while True: pass',
  deafSpin: 'import signal\nsignal.signal(signal.SIGINT, lambda *_: None)\nwhile True: pass',
  flood: 'for _ in range(1600): print("x" * 65536)\nprint("the end")',
  binary: 'import os\n_ = os.write(1, bytes(range(256)))',
  recurse: 'def down(n): return down(n + 1)\ndown(0)',
  segfault: 'import ctypes\nctypes.string_at(0)',
  exit3: 'import sys\nsys.exit(3)',
  hog: 'held = []\nwhile True: held.append(bytearray(1 << 24))',
  hogTogether: (mb) => `
import os, time
pids = []
for i in range(4):
    if not (pid := os.fork()):
        try:
            held = bytearray(${mb} << 20)
            for at in range(0, len(held), 4096): held[at] = 1
            open(f"held-{i}", "w").close()
            time.sleep(4)
        finally: os._exit(0)
    pids.append(pid)
time.sleep(2)
print("held:", len([i for i, pid in enumerate(pids) if os.path.exists(f"held-{i}") and os.waitpid(pid, os.WNOHANG) == (0, 0)]))`,
  hogDisk: `
import os
names = []
try:
    while True:
        names.append(f"big-{len(names)}")
        with open(names[-1], "wb") as file: file.write(b"x" * (1 << 22))
except OSError as error: print("full", sum(os.path.getsize(n) for n in names if os.path.exists(n)) >> 20, error)
for name in names:
    if os.path.exists(name): os.remove(name)`,
  forkBomb: `
import os, time, signal
pids = []
try:
    while len(pids) < 100000:
        if not (pid := os.fork()):
            time.sleep(60)
            os._exit(0)
        pids.append(pid)
except OSError as error: print("stopped:", error)
print("processes:", len(pids))
for pid in pids: os.kill(pid, signal.SIGKILL); _ = os.waitpid(pid, 0)`,
  leaveBehind: (mark) => `
import subprocess, sys
code = """
import os, signal, sys, time
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
os.setsid()
if os.fork() == 0: os.setsid()
time.sleep(1000)
"""
for _ in range(3): _ = subprocess.Popen([sys.executable, "-c", code, ${py(mark)}])
import time; time.sleep(0.7)
print("left")`,
  writeFile: (path, text) => `
import os
os.makedirs(os.path.dirname(${py(path)}) or ".", exist_ok=True)
with open(${py(path)}, "w") as file: _ = file.write(${py(text)})`,
  readFile: (path) => `print(open(${py(path)}).read())`,
  environment: `
import glob, os
print(dict(os.environ))
for name in glob.glob("/proc/*/environ"):
    try: print(open(name, "rb").read())
    except OSError: pass`,
  knock: (port) => `
import socket
for host in ("127.0.0.1", "localhost", "::1", "10.0.2.2", "172.17.0.1"):
    try: print(socket.create_connection((host, ${port}), 1).recv(100))
    except OSError as error: print(host, error)`,
  knockAbstract: (name) => `
import socket
knocking = socket.socket(socket.AF_UNIX)
knocking.settimeout(1)
try:
    knocking.connect("\\0" + ${py(name)})
    print("reached", knocking.recv(100))
except OSError as error: print(error)`,
  findSockets: `
import os, socket, stat
found = set()
try: found.update(line.split()[-1] for line in open("/proc/net/unix") if "/" in line)
except OSError: pass
for top in ("/tmp", "/run", "/var", "/dev", "/work"):
    for folder, folders, names in os.walk(top):
        if folder.count("/") > 2: folders.clear()
        for name in names:
            path = os.path.join(folder, name)
            try:
                if stat.S_ISSOCK(os.lstat(path).st_mode): found.add(path)
            except OSError: pass
for path in found:
    trying = socket.socket(socket.AF_UNIX)
    trying.settimeout(0.2)
    try: trying.connect(path); print("reached", path)
    except OSError: pass`,
  listen: (name) => `
import socket
listening = socket.socket(socket.AF_UNIX)
listening.bind("\\0" + ${py(name)})
listening.listen()
print("listens")`,
  openForWriting: (paths) => `
for path in ${py(paths)}:
    try:
        open(path, "r+").close()
        print("opened", path)
    except OSError as error: print(error)`,
  climb: `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
aarch64 = os.uname().machine == "aarch64"
def call(name, *args):
    if libc.syscall(*args) >= 0: print("succeeded:", name)
numbers = dict(keyctl=219, bpf=280, io_uring=425, perf=241, userfaultfd=282, add_key=217, ptrace=117, setns=268) if aarch64 else dict(
    keyctl=250, bpf=321, io_uring=425, perf=298, userfaultfd=323, add_key=248, ptrace=101, setns=308)
if libc.unshare(0x10000000) == 0: print("succeeded: unshare user")
if libc.unshare(0x00020000) == 0: print("succeeded: unshare mount")
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0: print("succeeded: mount")
if libc.umount2(b"/proc", 2) == 0: print("succeeded: umount")
call("keyctl", numbers["keyctl"], 0, -3, 1)
call("add_key", numbers["add_key"], b"user", b"exam", b"x", 1, -2)
call("bpf", numbers["bpf"], 0, ctypes.create_string_buffer(b"\\x02\\0\\0\\0\\x04\\0\\0\\0\\x08\\0\\0\\0\\x01\\0\\0\\0", 128), 48)
call("io_uring", numbers["io_uring"], 4, ctypes.create_string_buffer(128))
call("perf", numbers["perf"], ctypes.create_string_buffer(b"\\x01\\0\\0\\0\\x70\\0\\0\\0", 112), 0, -1, -1, 0)
call("userfaultfd", numbers["userfaultfd"], 1)
call("ptrace", numbers["ptrace"], 0, 0, 0, 0)
for name in ("user", "mnt", "net", "pid"):
    try: call("setns " + name, numbers["setns"], os.open(f"/proc/1/ns/{name}", 0), 0)
    except OSError: pass
for path in ("/proc/1/root", "/proc/1/cwd", "/proc/1/fd", "/proc/1/map_files"):
    try:
        names = os.listdir(path)
        if path.endswith("fd") or "root" not in path or "home" in names or "boot" in names: print("succeeded: list", path, names)
    except OSError: pass
for path in ("/proc/1/mem", "/proc/kcore", "/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/sda", "/proc/sysrq-trigger"):
    try: open(path, "r+b", 0).close(); print("succeeded: open", path)
    except OSError: pass
try: os.chroot("."); print("succeeded: chroot")
except OSError: pass
try: os.setuid(0); print("succeeded: setuid 0") if os.getuid() == 0 else None
except OSError: pass
import socket
for family in (40, 38, 17, 16, 31):
    try: socket.socket(family, socket.SOCK_RAW if family != 40 else socket.SOCK_STREAM).close(); print("succeeded: socket family", family)
    except OSError: pass`,
  forge: `
import os, json
lines = [json.dumps({"id": n, "stdout": "FORGED", "stderr": "", "exitCode": 0, "truncated": False}) for n in range(1, 300)]
lines += ["{", "null", "[]", '{"id": 1e99}', '{"id": {}}', '{"id": -1}', '{"__proto__": {"id": 1}}', "\\0" * 100]
junk = "\\n".join(lines).encode() + b"\\n"
for fd in range(3, 256):
    try:
        os.set_blocking(fd, False)
        os.write(fd, junk)
        os.write(fd, b'{"id":' + b"1" * 60000)
    except OSError: pass
    try: os.set_blocking(fd, True)
    except OSError: pass`,
  killAll: 'import os\ntry: os.kill(-1, 9)\nexcept OSError as error: print(error)\nprint("killed")',
}

const node = (code: string): string => `{ ${code} }`
const tried = (code: string): string => `try { ${code} } catch (error) { console.log(String(error)) }`

const javascript: Dialect = {
  set: (name, value) => `var ${name} = ${value}`,
  show: (name) => `console.log(${name})`,
  fail: 'throw new Error("a mistake")',
  spin: 'while (true) {}',
  flood: 'for (let i = 0; i < 1600; i++) console.log("x".repeat(65536)); console.log("the end")',
  recurse: 'function down(n) { return 1 + down(n + 1) } down(0)',
  hog: 'var held = []; while (true) held.push(new Uint8Array(1 << 24).fill(1))',
  readFile: (path) =>
    node(
      `${tried(`console.log(require('fs').readFileSync(${py(path)}, 'utf8'))`)}
       ${tried(`console.log(std.loadFile(${py(path)}))`)}
       ${tried(`console.log(process.binding('fs'))`)}`,
    ),
  environment: node(
    `${tried('console.log(JSON.stringify(process.env))')}
     ${tried('console.log(JSON.stringify(std.getenviron()))')}
     ${tried(`console.log(JSON.stringify(console.log.constructor('return process')().env))`)}`,
  ),
  knock: (port) => `(async () => {
    ${tried(`console.log(await (await fetch('http://127.0.0.1:${port}')).text())`)}
    ${tried(`await new Promise((done) => require('net').connect(${port}, '127.0.0.1').on('data', (said) => done(console.log(String(said)))).on('error', done))`)}
    ${tried(`new WebSocket('ws://127.0.0.1:${port}')`)}
    ${tried(`console.log(typeof (await import('node:net')).connect)`)}
  })()`,
  openForWriting: (paths) =>
    node(
      `for (const path of ${py(paths)}) {
        ${tried(`require('fs').closeSync(require('fs').openSync(path, 'r+')); console.log('opened', path)`)}
        ${tried(`if (std.open(path, 'r+')) console.log('opened', path)`)}
      }`,
    ),
}

const shell: Dialect = {
  set: (name, value) => `export ${name}=${value}`,
  show: (name) => `echo $${name}`,
  fail: 'echo a mistake >&2; false',
  spin: 'while true; do :; done',
  flood:
    'i=0; x=$(printf "%01000d" 0 | tr 0 x); while [ $i -lt 110 ]; do j=0; s=""; while [ $j -lt 10 ]; do s="$s$x$x$x$x$x$x$x$x$x$x"; j=$((j+1)); done; for k in 1 2 3 4 5 6 7 8 9 10; do echo $s; done; i=$((i+1)); done; echo the end',
  exit3: 'exit 3',
  recurse: 'down() { down; }; down',
  hog: 'x=xxxxxxxxxxxxxxxx; while true; do x="$x$x"; done',
  writeFile: (path, text) => `mkdir -p "$(dirname '${path}')"; printf %s '${text}' > '${path}'`,
  readFile: (path) => `cat '${path}'`,
  environment: 'env; cat /proc/*/environ 2>/dev/null',
  knock: (port) =>
    `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port} && head -c 20 <&3' 2>&1; curl -s -m 1 http://127.0.0.1:${port} 2>&1; echo`,
  openForWriting: (paths) => paths.map((path) => `{ : >> '${path}'; } 2>/dev/null && echo opened '${path}'`).join('; '),
}

export const DIALECTS = { python, javascript, shell } as const
