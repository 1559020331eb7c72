/**
 * A run is a folder: run.json says what was asked for and how far it got, trajectories.sqlite holds what happened,
 * and whatever else a command leaves (checkpoints, curves) lies beside them.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join, parse, resolve } from 'node:path'
import { z } from 'zod'
import { isLocked, lockRun } from './run-lock.ts'
import { STORE_FILE } from './sqlite-file.ts'
import { openStore, type Store } from './store.ts'

const manifest = z.object({
  version: z.literal(1),
  command: z.string(),
  env: z.string(),
  /** The world's id, with its version, where the command opens one. */
  world: z.string().exactOptional(),
  /** What was asked for, as the command understood it. */
  settings: z.record(z.string(), z.unknown()),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  started: z.string(),
  seconds: z.number().exactOptional(),
  result: z.unknown().optional(),
})

export type Manifest = z.infer<typeof manifest>

export interface Run extends AsyncDisposable {
  readonly id: string
  readonly path: string
  readonly manifest: Manifest
  readonly store: Store
  /** What the manifest says, save that a run whose process is gone is 'interrupted' and not 'running'. */
  readonly state: Manifest['state'] | 'interrupted'
  /** Writes run.json anew, all at once or not at all. */
  update(change: Partial<Manifest>): void
  /** Writes a file into the run's folder. */
  write(name: string, text: string): void
  /** Puts a line at the end of a file in the run's folder. It is there though the process should die. */
  append(name: string, line: string): void
}

const MANIFEST = 'run.json'

/** Whether what names a world names a file of it, and not one of the catalogue. */
export const isWorldFile = (env: string): boolean => /\.[mc]?[jt]s$/.test(env)

/** Makes `<root>/<command>-<env>-<n>`, n the first number that is free; a world's file goes by its name. Throws a sentence where it may not. */
export function createRun(root: string, asked: Pick<Manifest, 'command' | 'env' | 'settings' | 'world'>): Run {
  const { command, env } = asked
  const world = isWorldFile(env) ? parse(env).name : env
  const name = `${command}-${world.replace(/[^a-zA-Z0-9]+/g, '-')}`
  try {
    mkdirSync(root, { recursive: true })
  } catch (cause) {
    throw new Error(`runs cannot be kept in '${root}': ${(cause as Error).message}`, { cause })
  }
  for (let n = 1; ; n++) {
    const path = resolve(root, `${name}-${n}`)
    try {
      mkdirSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw error
    }
    const started = new Date().toISOString()
    const run = new RunFolder(path, { version: 1, ...asked, state: 'running', started }, false)
    run.update({})
    return run
  }
}

export interface OpenOptions {
  /** To go on with it: no other process may have it then. */
  readonly write?: boolean
}

/** An earlier run. `where` is its folder, or its name under `root`. Throws a sentence where there is none. */
export function openRun(where: string, root: string, { write = false }: OpenOptions = {}): Run {
  const { path, manifest } = readRun(where, root)
  return new RunFolder(path, manifest, !write)
}

/** What run.json says, without the trajectories. Throws a sentence where there is none. */
export function readRun(where: string, root: string): Pick<Run, 'path' | 'manifest' | 'state'> {
  const [path, text] = find(where, root)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error(`'${join(path, MANIFEST)}' is damaged: it is not JSON`, { cause })
  }
  const { data, error } = manifest.safeParse(json)
  if (!data)
    throw new Error(
      `'${join(path, MANIFEST)}' is damaged: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`,
    )
  return { path, manifest: data, state: stateOf(data, path) }
}

/** A run that nobody works on is not under way, whatever was written down last. */
const stateOf = ({ state }: Manifest, path: string): Run['state'] =>
  state === 'running' && !isLocked(path) ? 'interrupted' : state

/** The folder of a run. Throws a sentence where there is none. */
export const runPath = (where: string, root: string): string => find(where, root)[0]

function find(where: string, root: string): [path: string, manifest: string] {
  const places = [resolve(where), resolve(root, where)]
  for (const path of places) {
    try {
      return [path, readFileSync(join(path, MANIFEST), 'utf8')]
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    }
  }
  throw new Error(`no run at '${where}': neither ${places.join(' nor ')} holds a ${MANIFEST}`)
}

class RunFolder implements Run {
  readonly path: string
  readonly store: Store
  readonly #lock: Disposable | undefined
  #manifest: Manifest

  constructor(path: string, given: Manifest, readOnly: boolean) {
    this.path = path
    this.#manifest = given
    this.#lock = readOnly ? undefined : lockRun(path)
    this.store = openStore(join(path, STORE_FILE), { readOnly })
  }

  get id(): string {
    return basename(this.path)
  }

  get manifest(): Manifest {
    return this.#manifest
  }

  get state(): Run['state'] {
    return this.#lock ? this.#manifest.state : stateOf(this.#manifest, this.path)
  }

  update(change: Partial<Manifest>): void {
    this.#manifest = { ...this.#manifest, ...change }
    this.write(MANIFEST, `${JSON.stringify(this.#manifest, null, 2)}\n`)
  }

  write(name: string, text: string): void {
    const path = join(this.path, name)
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }

  append(name: string, line: string): void {
    appendFileSync(join(this.path, name), `${line}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]()
    this.#lock?.[Symbol.dispose]()
  }
}
