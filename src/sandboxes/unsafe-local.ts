/** Code run by processes of ours in a temporary folder: for trying things out. Nothing keeps it inside. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, open, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { FileChange, Language, Sandbox, SandboxAbout, SandboxSpec } from '../core/index.ts'
import { openChannel } from './channel.ts'
import { leadsOut, MOST_READ } from './folder.ts'
import { type End, interpreterOf, type Program } from './interpreter.ts'
import { LIMITS, type Sandboxes, type SandboxKind } from './provider.ts'

export const unsafeLocal: SandboxKind = { missing: async () => undefined, start }

const START_MS = 20_000

function start(): Sandboxes {
  const live = new Set<Sandbox>()
  return {
    async open(spec, signal) {
      const sandbox = await openLocal(spec, signal)
      live.add(sandbox)
      return sandbox
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...live].map((sandbox) => sandbox[Symbol.asyncDispose]()))
    },
  }
}

async function openLocal(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox> {
  const home = await mkdtemp(join(tmpdir(), 'ludus-unsafe-'))
  const folder = join(home, 'work')
  await mkdir(folder)
  const clear = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 5 })
  try {
    const about = await describe(spec.language)
    const program = await launch(spec, home)
    const { exec } = interpreterOf(program, spec)
    const { died } = await exec('', { timeoutMs: START_MS })
    if (died !== undefined) throw new Error(`the interpreter of 'unsafe-local' did not start: ${died}`)
    signal.throwIfAborted()
    return {
      ...{ about, exec, ...files(folder) },
      async interrupt() {
        program.interrupt()
      },
      kill: () => program.kill('it was killed'),
      async [Symbol.asyncDispose]() {
        await program.kill('it was closed')
        await clear()
      },
    }
  } catch (error) {
    await clear()
    throw error
  }
}

/** Runs its argument under a name that our frames are known by. */
const BOOT = 'import sys; exec(compile(sys.argv[1], "<ludus>", "exec"))'

const python = (): string => process.env['LUDUS_PYTHON'] ?? 'python3'

async function describe(language: Language): Promise<SandboxAbout> {
  const about = { isolation: 'none', libraries: {} } as const
  if (language === 'javascript') return { ...about, interpreter: `Node ${process.versions.node}` }
  if (language === 'shell') return { ...about, interpreter: 'sh' }
  const ask = 'import platform as p; print(p.python_implementation(), p.python_version())'
  const { stdout } = await promisify(execFile)(python(), ['-c', ask]).catch((cause) => {
    throw new Error(`the sandbox 'unsafe-local' needs a Python for python: ${cause.message}; set LUDUS_PYTHON`, {
      cause,
    })
  })
  return { ...about, interpreter: stdout.trim() }
}

/** In a process group of its own, which an interrupt and a kill reach as a whole. */
async function launch({ language, diskMb = LIMITS.diskMb }: SandboxSpec, home: string): Promise<Program> {
  const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
  const node = here(import.meta.url.endsWith('.ts') ? './interpreter-node.ts' : './interpreter-node.js')
  const command =
    language === 'python'
      ? [python(), '-c', BOOT, readFileSync(here('./interpreter.py'), 'utf8')]
      : [process.execPath, node]
  const outputs = await Promise.all(['out', 'err'].map((name) => open(join(home, name), 'a+')))
  // The one limit that protects the machine from an accident: no file grows past it (in blocks of 512 bytes).
  const child = spawn('sh', ['-c', `ulimit -f ${diskMb * 2048}; exec "$@"`, 'sh', ...command], {
    cwd: join(home, 'work'),
    detached: true,
    stdio: ['ignore', ...outputs.map(({ fd }) => fd), 'pipe'],
  })
  await Promise.all(outputs.map((file) => file.close()))
  const channel = openChannel(child.stdio[3] as Duplex)
  let because: string | undefined
  const exited = new Promise<End>((resolve) => {
    const end = (why: string): void => resolve({ why: because ?? why })
    child.on('error', ({ message }) => end(message))
    child.on('exit', (code, by) => end(by ? `it was ended by ${by}` : `it exited with ${code}`))
  })
  void exited.then(() => channel.close())
  return {
    channel,
    ended: exited,
    interrupt: () => signalGroup(child, 'SIGINT'),
    async kill(why) {
      because ??= why
      signalGroup(child, 'SIGKILL')
      await exited
    },
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It is gone already.
  }
}

function files(folder: string): Pick<Sandbox, 'read' | 'write' | 'changes'> {
  return {
    async read(path) {
      const file = await inside(folder, path)
      const { size } = await lstat(file)
      if (size > MOST_READ) throw new Error(`'${path}' has ${size} bytes: more than 16 MiB are not read`)
      return readFile(file)
    },
    async write(path, data) {
      const file = resolve(folder, path)
      if (file === folder || !within(folder, file)) throw new Error(leadsOut(path))
      await mkdir(dirname(file), { recursive: true })
      if (!within(await realpath(folder), await realpath(dirname(file)))) throw new Error(leadsOut(path))
      await writeFile(file, data)
    },
    async changes() {
      const all = await readdir(folder, { recursive: true, withFileTypes: true })
      const found = all.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
      const listed = await Promise.all(found.map((file) => change(folder, file)))
      return listed.sort((a, b) => (a.path < b.path ? -1 : 1))
    },
  }
}

/** The folder was empty when it was opened: whatever is there was added. */
async function change(folder: string, file: string): Promise<FileChange> {
  const { size } = await lstat(file)
  return { path: relative(folder, file), kind: 'added', bytes: size }
}

const within = (folder: string, file: string): boolean => file === folder || file.startsWith(folder + sep)

async function inside(folder: string, path: string): Promise<string> {
  const file = await realpath(resolve(folder, path)).catch(() => {
    throw new Error(`there is no file '${path}' in the sandbox`)
  })
  if (!within(await realpath(folder), file)) throw new Error(leadsOut(path))
  return file
}
