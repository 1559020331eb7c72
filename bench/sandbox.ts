/**
 * What the python sandbox costs, beside a fresh `python3` process and beside Docker, in one run on one machine:
 * `node bench/sandbox.ts`. Prints a table, and one JSON object as its last line.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import type { Sandbox } from '../src/core/index.ts'
import { openSandboxes, sandboxes } from '../src/sandboxes/index.ts'

const CODE = 'print(sum(range(100)))'
const SAID = '4950\n'
const EPISODES = 100
/** Pieces of code that an episode runs; where nothing persists, each takes a process of its own. */
const TURNS = 10
/** Between two resets, as an agent takes: the standby episodes are forked meanwhile. */
const REST_MS = 100

/** In milliseconds. */
interface Spread {
  readonly p50: number
  readonly p99: number
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => Number(sorted[Math.ceil(share * sorted.length) - 1]!.toPrecision(3))
  return { p50: at(0.5), p99: at(0.99) }
}

const never = new AbortController().signal
const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, REST_MS))
const took = async (work: () => unknown): Promise<number> => {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function expectSaid(stdout: string): void {
  if (stdout !== SAID) throw new Error(`the code said ${JSON.stringify(stdout)}, not ${JSON.stringify(SAID)}`)
}

/** Opening as its caller sees it; and the whole of an episode. */
async function episodes(open: () => Promise<Sandbox>): Promise<{ reset: Spread; episode: Spread }> {
  const [resets, wholes]: [number[], number[]] = [[], []]
  for (let i = 0; i < EPISODES; i++) {
    let sandbox: Sandbox | undefined
    const reset = await took(async () => {
      sandbox = await open()
    })
    const played = await took(async () => {
      for (let turn = 0; turn < TURNS; turn++) expectSaid((await sandbox!.exec(CODE)).stdout)
    })
    resets.push(reset)
    wholes.push(reset + played + (await took(() => sandbox![Symbol.asyncDispose]())))
    await rest()
  }
  return { reset: spread(resets), episode: spread(wholes) }
}

async function execs(open: () => Promise<Sandbox>): Promise<Spread> {
  await using sandbox = await open()
  await rest()
  const taken: number[] = []
  for (let i = 0; i < 2000; i++) taken.push(await took(async () => expectSaid((await sandbox.exec(CODE)).stdout)))
  return spread(taken)
}

/** MB of everything below this process, shared pages counted once, with so many episodes live. */
async function memory(open: () => Promise<Sandbox>): Promise<number> {
  const live = await Promise.all(Array.from({ length: 100 }, open))
  await Promise.all(live.map((sandbox) => sandbox.exec(CODE)))
  const mb = pssBelow(process.pid)
  await Promise.all(live.map((sandbox) => sandbox[Symbol.asyncDispose]()))
  return mb
}

function pssBelow(top: number): number {
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const parents = new Map(pids.map((pid) => [pid, read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[1]]))
  const below = (pid: string | undefined): boolean => pid !== undefined && (pid === `${top}` || below(parents.get(pid)))
  const kb = pids
    .filter((pid) => pid !== `${top}` && below(pid))
    .map((pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0))
  return Math.round(kb.reduce((sum, one) => sum + one, 0) / 1024)
}

/** The one that the sandbox runs, which lies at the same place outside. */
async function interpreter(): Promise<string> {
  await using sandbox = await open()
  return (await sandbox.exec('import sys; print(sys.executable)')).stdout.trim()
}

/** One piece of code by a command that is started anew for it. */
async function fresh(command: readonly string[], times: number): Promise<Spread> {
  const [file = '', ...args] = command
  const taken: number[] = []
  for (let i = 0; i < times; i++)
    taken.push(await took(() => expectSaid(spawnSync(file, [...args, '-c', CODE], { encoding: 'utf8' }).stdout)))
  return spread(taken)
}

function docker(): readonly string[] | string {
  const { status, stdout } = spawnSync('docker', ['image', 'ls', '-q', 'python:3-slim'], { encoding: 'utf8' })
  if (status !== 0) return 'no Docker daemon answers'
  if (stdout.trim() === '') return 'Docker has no image python:3-slim here'
  return ['docker', 'run', '--rm', '--network', 'none', 'python:3-slim', 'python3']
}

const missing = await (await sandboxes['python']!.load()).missing()
if (missing !== undefined) throw new Error(`the python sandbox cannot run here: ${missing}`)
await using all = openSandboxes('python')
const open = (): Promise<Sandbox> => all.open({ language: 'python' }, never)
const start = await took(async () => (await open())[Symbol.asyncDispose]())
await rest()
const { reset, episode } = await episodes(open)
const exec = await execs(open)
const liveMb = await memory(open)
const python = await fresh([await interpreter(), '-I'], 50)
const contained = docker()
const inDocker = typeof contained === 'string' ? undefined : await fresh(contained, 10)

const times = (other: Spread): string =>
  `: ${TURNS} of them ${((TURNS * other.p50) / episode.p50).toFixed(1)} times the episode, one ${(other.p50 / exec.p50).toFixed(0)} times the exec`
const line = (what: string, { p50, p99 }: Spread, more = ''): string =>
  `${what.padEnd(44)} p50 ${p50} ms, p99 ${p99} ms${more}\n`
process.stdout.write(
  [
    `the first episode, the fork-server's start included: ${start.toFixed(0)} ms\n`,
    line('reset, with episodes standing by', reset),
    line('exec', exec),
    line(`a whole episode: reset, ${TURNS} execs, close`, episode),
    `${'100 live episodes'.padEnd(44)} ${liveMb} MB\n`,
    line('a fresh python3 -I', python, times(python)),
    inDocker ? line('docker run', inDocker, times(inDocker)) : `docker: not run, ${contained}\n`,
  ].join(''),
)
process.stdout.write(`${JSON.stringify({ start, reset, exec, episode, liveMb, python, docker: inDocker ?? null })}\n`)
