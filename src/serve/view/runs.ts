/**
 * The folder of runs as the dashboard sees it: which there are, the few that are open, their tags, and what was thrown
 * away. A run is named by its folder's name, and no name leads anywhere else.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { callsOf, type TokenCapture, type Trajectory } from '../../core/index.ts'
import {
  type Browser,
  type Interval,
  MEASUREMENTS,
  measurementsIn,
  openBrowser,
  openSearchIndex,
  openStore,
  type Run,
  readRun,
  type SearchIndex,
} from '../../data/index.ts'
import type { RunLine } from './wire.ts'

/** Why a request is not answered, with its HTTP status. */
export class Refused extends Error {
  readonly status: 400 | 404 | 409
  constructor(status: 400 | 404 | 409, message: string) {
    super(message)
    this.status = status
  }
}

export type RunRecord = Pick<Run, 'path' | 'manifest' | 'state'>

export interface RunFolders extends AsyncDisposable {
  readonly root: string
  lines(): RunLine[]
  line(id: string): RunLine
  /** Throws Refused where there is none of that name. */
  record(id: string): RunRecord
  browser(id: string): Browser
  trajectory(run: string, id: string): Trajectory
  search(id: string): Promise<SearchIndex>
  tag(id: string, tags: readonly string[]): void
  /** Into .trash, from where `restore` brings it back. */
  remove(id: string): Promise<void>
  restore(id: string): void
}

/** Runs that are kept open, and trajectories that are kept decoded: whoever scrolls asks for the same again. */
const OPEN_RUNS = 8
const KEPT_BYTES = 48 * 2 ** 20
const NAME = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$/
const TRASH = '.trash'
const TAGS = 'tags.json'
const tagsFile = z.array(z.string())

interface OpenRun {
  readonly browser: Browser
  search?: Promise<SearchIndex>
}

export function openRunFolders(root: string): RunFolders {
  return new Folders(resolve(root))
}

class Folders implements RunFolders {
  readonly root: string
  readonly #open = new Map<string, OpenRun>()
  readonly #lines = new Map<string, { readonly key: string; readonly line: RunLine }>()
  readonly #kept = new Map<string, { readonly trajectory: Trajectory; readonly bytes: number }>()

  constructor(root: string) {
    this.root = root
  }

  lines(): RunLine[] {
    if (!existsSync(this.root)) return []
    const names = readdirSync(this.root).filter(
      (name) => NAME.test(name) && existsSync(join(this.root, name, 'run.json')),
    )
    return names.map((name) => {
      try {
        return this.line(name)
      } catch (error) {
        return unreadable(name, error as Error)
      }
    })
  }

  line(id: string): RunLine {
    const path = this.#path(id)
    const record = this.record(id)
    const key = `${record.state} ${['run.json', 'trajectories.sqlite', 'trajectories.sqlite-wal', MEASUREMENTS, TAGS].map((name) => mark(join(path, name)))}`
    const held = this.#lines.get(id)
    if (held?.key === key) return held.line
    const line = lineOf(record, { id, tags: tagsIn(path), browser: () => this.browser(id) })
    this.#lines.set(id, { key, line })
    return line
  }

  record(id: string): RunRecord {
    const path = this.#path(id)
    try {
      return readRun(path, this.root)
    } catch (error) {
      throw new Refused(404, (error as Error).message)
    }
  }

  browser(id: string): Browser {
    return this.#opened(id).browser
  }

  search(id: string): Promise<SearchIndex> {
    const opened = this.#opened(id)
    opened.search ??= openSearchIndex(this.#path(id))
    return opened.search
  }

  trajectory(run: string, id: string): Trajectory {
    const { browser } = this.#opened(run)
    const key = `${run}\n${id}\n${browser.stamp()}`
    const held = this.#kept.get(key)
    if (held) return held.trajectory
    const store = openStore(join(this.#path(run), 'trajectories.sqlite'), { readOnly: true })
    let trajectory: Trajectory | undefined
    try {
      trajectory = store.get(id)
    } finally {
      store[Symbol.asyncDispose]()
    }
    if (!trajectory) throw new Refused(404, `the run '${run}' has no trajectory '${id}'`)
    this.#keep(key, trajectory)
    return trajectory
  }

  /** The oldest go when there is too much; one that is too large by itself is kept alone. */
  #keep(key: string, trajectory: Trajectory): void {
    this.#kept.set(key, { trajectory, bytes: sizeOf(trajectory) })
    let bytes = 0
    for (const [other, kept] of [...this.#kept].reverse()) {
      bytes += kept.bytes
      if (bytes > KEPT_BYTES && other !== key) this.#kept.delete(other)
    }
  }

  tag(id: string, tags: readonly string[]): void {
    writeFileSync(join(this.#path(id), TAGS), `${JSON.stringify(tags)}\n`)
  }

  async remove(id: string): Promise<void> {
    const path = this.#path(id)
    if (this.record(id).state === 'running') throw new Refused(409, `the run '${id}' is under way: cancel it first`)
    const bin = join(this.root, TRASH, id)
    if (existsSync(bin)) throw new Refused(409, `'${bin}' is there already: move it away first`)
    await this.#close(id)
    mkdirSync(join(this.root, TRASH), { recursive: true })
    renameSync(path, bin)
  }

  restore(id: string): void {
    const bin = join(this.root, TRASH, named(id))
    const path = join(this.root, id)
    if (!existsSync(bin)) throw new Refused(404, `no run '${id}' was deleted here`)
    if (existsSync(path)) throw new Refused(409, `there is another run '${id}' now: move one of them away`)
    renameSync(bin, path)
  }

  /** The folder of a run. A link that leads out of the folder of runs is none. */
  #path(id: string): string {
    const path = join(this.root, named(id))
    if (!existsSync(join(path, 'run.json'))) throw new Refused(404, `there is no run '${id}' in '${this.root}'`)
    if (dirname(realpathSync(path)) !== realpathSync(this.root))
      throw new Refused(404, `'${id}' leads out of the folder of runs`)
    return path
  }

  #opened(id: string): OpenRun {
    const path = this.#path(id)
    const held = this.#open.get(id)
    this.#open.delete(id)
    const opened = held ?? { browser: openBrowser(path) }
    this.#open.set(id, opened)
    for (const other of this.#open.keys()) if (this.#open.size > OPEN_RUNS) this.#close(other)
    return opened
  }

  async #close(id: string): Promise<void> {
    const opened = this.#open.get(id)
    this.#open.delete(id)
    opened?.browser[Symbol.dispose]()
    const search = await opened?.search?.catch(() => undefined)
    await search?.[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.#close(id)))
  }
}

function named(id: string): string {
  if (!NAME.test(id)) throw new Refused(404, `'${id}' is no name of a run`)
  return id
}

/** Of a file: changes when it does. */
function mark(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.mtimeMs}/${found.size}` : '-'
}

function tagsIn(path: string): string[] {
  try {
    return tagsFile.parse(JSON.parse(readFileSync(join(path, TAGS), 'utf8')))
  } catch {
    return []
  }
}

/** What a trajectory takes in memory, roughly: characters, and tokens with what is known of each. */
const sizeOf = (trajectory: Trajectory): number =>
  2 * JSON.stringify(trajectory.steps.map(({ observation, action }) => [observation, action])).length +
  callsOf(trajectory).reduce((sum, { completion: { tokens } }) => sum + 4000 + 8 * countOf(tokens), 0)

const countOf = (tokens: TokenCapture | undefined): number =>
  tokens ? tokens.prompt.length + 3 * tokens.completion.length : 0

const NOTHING: Interval = { mean: null, low: null, high: null }
const interval = z.object({ mean: z.number().nullable(), low: z.number().nullable(), high: z.number().nullable() })
const measured = z.object({ success: interval, return: interval })

interface LineParts {
  readonly id: string
  readonly tags: readonly string[]
  browser(): Browser
}

function lineOf({ manifest, state, path }: RunRecord, { id, tags, browser }: LineParts): RunLine {
  const { command, env, settings, started, seconds, result } = manifest
  const text = (name: string): string => (typeof settings[name] === 'string' ? settings[name] : '')
  const { trajectories, outcomes, costUsd } = browser().totals()
  const played = command === 'run' || command === 'resume'
  const { success, return: paid } = played
    ? browser().summary()
    : (learned(result) ?? heldOut(path) ?? { success: NOTHING, return: NOTHING })
  return {
    ...{ id, command, env, model: text('model') || text('recipe'), agent: text('agent'), state, started },
    ...{ seconds: seconds ?? null, trajectories, success, return: paid, costUsd, broken: outcomes.broken, tags },
  }
}

/** Of a run that trained: the arm that the claim is about, as it samples; of `start`, its last. */
function learned(result: unknown): z.infer<typeof measured> | undefined {
  const shape = z.object({
    arms: z.array(z.looseObject({ name: z.string() })).optional(),
    comparisons: z.array(z.object({ arm: z.string() })).optional(),
    grpo: z.object({ sampled: z.unknown() }).optional(),
  })
  const { data } = shape.safeParse(result)
  const arm = data?.arms?.find(({ name }) => name === data.comparisons?.[0]?.arm) ?? data?.grpo?.sampled
  return measured.safeParse(arm).data
}

/** Of a run that is training: what it measured last on held-out tasks. */
const heldOut = (path: string): z.infer<typeof measured> | undefined =>
  measurementsIn(path).entries.findLast(({ held }) => held)?.held

function unreadable(id: string, error: Error): RunLine {
  return {
    ...{ id, command: '', env: '', model: '', agent: '', state: 'failed', started: '', seconds: null, trajectories: 0 },
    ...{ success: NOTHING, return: NOTHING, costUsd: null, broken: 0, tags: [], error: error.message },
  }
}
