/**
 * A shell that is no shell: just-bash, an interpreter of bash and its commands in JavaScript, over files in memory. Runs
 * in a Node process that may open no file, start no process and load no addon.
 */
import { Bash, type CommandName, getCommandNames } from 'just-bash'
import { type GuestRequest, outlet, serveGuest, within } from './guest-end.ts'

/** The interpreter's variables and functions between two pieces of code. Private to just-bash, whose version is pinned. */
interface State {
  env: Map<string, string>
  functions: Map<string, unknown>
  arrays: Map<string, unknown>
  cwd: string
  [other: string]: unknown
}

interface Inner {
  state: State
  limits: { maxExecutionTimeMs: number }
}

interface Snapshot {
  readonly state: State
  readonly files: readonly [path: string, bytes: Uint8Array, mode: number][]
  readonly folders: readonly string[]
}

const HOME = '/work'
/** What just-bash puts there itself. */
const OWN = /^\/(bin|usr|dev|proc)(\/|$)/
/** Its own counts of steps: time alone is to end code here. */
const ENDLESS = 1e15

const [memoryMb = 512, diskMb = 64] = process.argv.slice(2).map(Number)
const bash = new Bash({
  cwd: HOME,
  env: { HOME, PATH: '/usr/bin:/bin' },
  // It would start a thread.
  commands: (getCommandNames() as CommandName[]).filter((name) => name !== 'sqlite3'),
  executionLimits: {
    ...{ maxCommandCount: ENDLESS, maxLoopIterations: ENDLESS, maxWorkUnits: ENDLESS },
    // All output is held until the code ends: whatever says more is ended.
    maxOutputSize: 16 * 2 ** 20,
    ...{ maxFileSystemBytes: diskMb * 2 ** 20, maxLiveBytes: (memoryMb * 2 ** 20) / 4 },
  },
})
const inner = bash as unknown as Inner
// What it makes at the first use it makes on a copy that is dropped; what is there already is shared.
for (const name of ['associativeArrays', 'integerVars', 'lowercaseVars', 'uppercaseVars', 'namerefs', 'boundNamerefs'])
  inner.state[name] ??= new Set()
inner.state.arrays ??= new Map()

async function exec({ code, cap, timeoutMs }: GuestRequest): Promise<object> {
  // A little later than our own end gives up, which then knows that the time was up.
  inner.limits = { ...inner.limits, maxExecutionTimeMs: timeoutMs + 20 }
  const { stdout, stderr, exitCode } = await remembering(() => bash.exec(code, { rawScript: true }))
  const [out, err] = [outlet(cap), outlet(cap)]
  out.say(stdout)
  err.say(stderr)
  const [said, complained] = [out.take(), err.take()]
  return {
    ...{ stdout: said.text, stderr: complained.text, truncated: said.cut || complained.cut, exitCode },
    memoryMb: process.resourceUsage().maxRSS / 1024,
  }
}

/**
 * just-bash runs each piece of code on copies of its state and drops them. The copies are maps made from its maps before
 * anything is run: while it starts, `Map` is one that tells us which these are.
 */
async function remembering<T>(start: () => Promise<T>): Promise<T> {
  const { state } = inner
  const Ordinary = globalThis.Map
  const next: Partial<Pick<State, 'env' | 'functions' | 'arrays'>> = {}
  let arraysAreNext = false
  globalThis.Map = class<K, V> extends Ordinary<K, V> {
    constructor(from?: Iterable<readonly [K, V]> | null) {
      super(from)
      const self = this as unknown as Map<string, never>
      if ((from as unknown) === state.env) {
        next.env = self
        arraysAreNext = true
      } else if ((from as unknown) === state.functions) {
        next.functions = self
        arraysAreNext = false
      } else if (arraysAreNext) next.arrays = self
    }
  } as MapConstructor
  const running = start()
  globalThis.Map = Ordinary
  try {
    return await running
  } finally {
    Object.assign(state, next)
    const folder = state.env.get('PWD')
    if (folder !== undefined && (await bash.fs.exists(folder))) state.cwd = folder
  }
}

async function fileAt(path: string): Promise<string> {
  const file = await bash.fs.realpath(`${HOME}/${within(path)}`).catch(() => {
    throw new Error(`there is no file '${path}' in the sandbox`)
  })
  if (!file.startsWith(`${HOME}/`)) throw new Error(`'${path}' leads out of the working folder`)
  if (!(await bash.fs.stat(file)).isFile) throw new Error(`'${path}' is no file`)
  return file
}

async function read({ path, most }: GuestRequest): Promise<object> {
  const file = await fileAt(path)
  const { size } = await bash.fs.stat(file)
  if (size > most) throw new Error(`'${path}' has ${size} bytes: more than 16 MiB are not read`)
  return { bytes: await bash.fs.readFileBuffer(file) }
}

async function write(path: string, bytes: Uint8Array): Promise<object> {
  const file = `${HOME}/${within(path)}`
  const folder = file.slice(0, file.lastIndexOf('/'))
  await bash.fs.mkdir(folder, { recursive: true })
  if (!`${await bash.fs.realpath(folder)}/`.startsWith(`${HOME}/`))
    throw new Error(`'${path}' leads out of the working folder`)
  await bash.fs.writeFile(file, bytes)
  return {}
}

async function list(): Promise<object> {
  const files: [string, number][] = []
  for (const path of bash.fs.getAllPaths()) {
    if (!path.startsWith(`${HOME}/`)) continue
    const { isFile, size } = await bash.fs.lstat(path)
    if (isFile) files.push([path.slice(HOME.length + 1), size])
  }
  return { files }
}

async function snapshot(): Promise<object> {
  const files: [string, Uint8Array, number][] = []
  const folders: string[] = []
  for (const path of bash.fs.getAllPaths().filter((path) => !OWN.test(path))) {
    const { isFile, isDirectory, mode } = await bash.fs.stat(path)
    if (isFile) files.push([path, await bash.fs.readFileBuffer(path), mode])
    else if (isDirectory) folders.push(path)
  }
  return { snapshot: { state: inner.state, files, folders } satisfies Snapshot }
}

async function open(from: Snapshot | undefined): Promise<object> {
  await bash.fs.mkdir(HOME, { recursive: true })
  await bash.fs.mkdir('/tmp', { recursive: true })
  for (const folder of from?.folders ?? []) await bash.fs.mkdir(folder, { recursive: true })
  for (const [path, bytes, mode] of from?.files ?? []) {
    await bash.fs.writeFile(path, bytes)
    await bash.fs.chmod(path, mode)
  }
  if (from) Object.assign(inner.state, from.state)
  return {}
}

serveGuest((request) => {
  switch (request.do) {
    case 'open':
      return open(request.snapshot as Snapshot | undefined)
    case 'exec':
      return exec(request)
    case 'read':
      return read(request)
    case 'write':
      return write(request.path, request.bytes)
    case 'list':
      return list()
    case 'snapshot':
      return snapshot()
  }
})
