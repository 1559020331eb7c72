/** Which Python the namespace sandbox runs, and whether this machine lets it: asked as the user that will run it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface PythonFound {
  readonly path: string
  /** Folders that it lives in, outside of what the root of an episode has anyway. */
  readonly readable: readonly string[]
  /** The user that it runs as, where that is not ours. */
  readonly uid: number | undefined
}

/** An unprivileged user without a name: what root starts must not be root outside. */
const NOBODY = 64_000

const PROBE = `
import ctypes, json, os, sys
found = {"version": list(sys.version_info[:2]), "folders": sorted({os.path.realpath(p) for p in (sys.prefix, sys.base_prefix)} | {sys.prefix, sys.base_prefix})}
import sqlite3, socket, resource, fcntl
libc = ctypes.CDLL(None, use_errno=True)
ids = os.getuid(), os.getgid()
def trying(what, result):
    if result < 0: print(json.dumps({**found, "refused": what + ": " + os.strerror(ctypes.get_errno())})); sys.exit()
trying("unshare", libc.unshare(0x7e020000))
for name, text in (("setgroups", "deny"), ("uid_map", f"0 {ids[0]} 1"), ("gid_map", f"0 {ids[1]} 1")):
    try:
        with open("/proc/self/" + name, "w") as file: file.write(text)
    except OSError as error: ctypes.set_errno(error.errno); trying(name, -1)
trying("mount /", libc.mount(b"none", b"/", None, ctypes.c_ulong(16384 | 1 << 18), None))
pid = os.fork()
if pid == 0: os._exit(0 if libc.mount(b"proc", b"/proc", b"proc", ctypes.c_ulong(14), b"subset=pid") == 0 else ctypes.get_errno())
status = os.waitpid(pid, 0)[1] >> 8
ctypes.set_errno(status); trying("mount /proc", -1 if status else 0)
print(json.dumps(found))
`

interface Probed {
  readonly version: readonly [number, number]
  readonly folders: readonly string[]
  readonly refused?: string
}

/** The first that will do, or why none does, as the rest of a sentence. */
export async function findPython(): Promise<PythonFound | string> {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`
  const uid = process.getuid?.() === 0 ? NOBODY : undefined
  const why: string[] = []
  for (const path of candidates()) {
    const probed = await probe(path, uid)
    const flaw = typeof probed === 'string' ? probed : flawOf(probed)
    if (flaw === undefined && typeof probed === 'object')
      return { path, uid, readable: probed.folders.filter((folder) => !folder.startsWith('/usr')) }
    why.push(`${path}: ${flaw}`)
  }
  if (why.length === 0) return 'it needs a python3 on the PATH, or one named by LUDUS_PYTHON'
  return `it needs a Python of 3.9 or later that user namespaces allow to be shut in: ${why.join('; ')}`
}

function candidates(): string[] {
  const named = process.env['LUDUS_PYTHON']
  if (named) return [named]
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'python3'))
  const venv = process.env['VIRTUAL_ENV'] ?? join(process.cwd(), '.venv')
  const all = [join(venv, 'bin/python3'), ...onPath.filter((path) => path === '/usr/bin/python3'), ...onPath]
  return [...new Set(all)].filter((path) => existsSync(path))
}

function flawOf({ version: [major, minor], folders, refused }: Probed): string | undefined {
  if (major !== 3 || minor < 9) return `it is Python ${major}.${minor}`
  const hidden = folders.find((folder) => /^\/(tmp|proc|dev|work|forks)(\/|$)/.test(folder))
  if (hidden) return `it lives in ${hidden}, where an episode has files of its own`
  if (refused)
    return `user namespaces are not to be had (${refused}); in a container, give it --privileged or a seccomp profile that lets unshare and mount through`
  return undefined
}

function probe(path: string, uid: number | undefined): Promise<Probed | string> {
  const user = uid === undefined ? {} : { uid, gid: uid }
  return new Promise((resolve) => {
    execFile(path, ['-I', '-c', PROBE], { ...user, cwd: '/', env: {}, timeout: 20_000 }, (error, stdout, stderr) => {
      if (!error) resolve(JSON.parse(stdout) as Probed)
      else resolve(stderr.trim().split('\n').at(-1) || error.message)
    })
  })
}
