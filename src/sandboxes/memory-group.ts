/**
 * Memory cgroups, where we may make them: the kernel's own bound on everything an episode holds together. Version 1 and
 * version 2; where neither is to be had, the wardens watch.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface MemoryGroup {
  /** Puts a process, and what it starts from now on, into the group. */
  admit(pid: number): void
  limit(mb: number): void
  peakMb(): number | undefined
  /** Whether the kernel ended a process for the limit. */
  exceeded(): boolean
  /** Once everything in it is gone. */
  remove(): Promise<void>
}

interface Names {
  readonly limit: string
  readonly swap: string
  readonly peak: string
  readonly events: string
}

const V1: Names = {
  limit: 'memory.limit_in_bytes',
  swap: 'memory.memsw.limit_in_bytes',
  peak: 'memory.max_usage_in_bytes',
  events: 'memory.oom_control',
}
const V2: Names = { limit: 'memory.max', swap: 'memory.swap.max', peak: 'memory.peak', events: 'memory.events' }

export interface MemoryGroups {
  create(name: string): MemoryGroup
}

/** Undefined where we may make none. */
export function memoryGroups(): MemoryGroups | undefined {
  for (const base of bases()) {
    const names = existsSync(join(base, V1.limit)) ? V1 : V2
    const trial = join(base, `ludus-${process.pid}-trial`)
    try {
      sweep(base)
      mkdirSync(trial)
      const works = existsSync(join(trial, names.limit))
      rmdirSync(trial)
      if (works) return { create: (name) => createGroup(join(base, `ludus-${process.pid}-${name}`), names) }
    } catch {
      // Not here, then.
    }
  }
  return undefined
}

/** Our own group, and the one above it: in version 2 a group with processes in it may have none below. */
function bases(): string[] {
  const read = (path: string): string[] => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [])
  const ours = read('/proc/self/cgroup').map((line) => line.split(':'))
  return read('/proc/self/mountinfo').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root = '/', point = ''] = before.split(' ')
    const [kind, , options = ''] = after.split(' ')
    const named = kind === 'cgroup2' ? ours.find(([number]) => number === '0') : undefined
    const memory =
      kind === 'cgroup' && options.split(',').includes('memory')
        ? ours.find(([, controllers = '']) => controllers.split(',').includes('memory'))
        : named
    if (!memory) return []
    const path = memory.slice(2).join(':')
    const own = join(point, path.startsWith(root) ? path.slice(root.length) : path)
    return [own, ...(own.length > point.length ? [dirname(own)] : [])]
  })
}

/** What a run that was killed has left. */
function sweep(base: string): void {
  for (const name of readdirSync(base)) {
    const pid = /^ludus-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    try {
      rmdirSync(join(base, name))
    } catch {
      // Not empty yet.
    }
  }
}

/** Asking costs more than most code that runs for less. */
const FRESH_MS = 5

function createGroup(path: string, names: Names): MemoryGroup {
  mkdirSync(path)
  const put = (name: string, value: string): void => writeFileSync(join(path, name), value)
  const get = (name: string): string | undefined => {
    try {
      return readFileSync(join(path, name), 'utf8')
    } catch {
      return undefined
    }
  }
  let limited: number | undefined
  // Asked after every exec: held open.
  let peak = existsSync(join(path, names.peak)) ? openSync(join(path, names.peak), 'r') : undefined
  const bytes = Buffer.alloc(32)
  let [seenMb, seenAt] = [0, Number.NEGATIVE_INFINITY]
  return {
    admit: (pid) => put('cgroup.procs', `${pid}`),
    limit(mb) {
      if (mb === limited) return
      limited = mb
      put(names.limit, `${mb * 2 ** 20}`)
      // In version 1 memory and swap together, in version 2 swap alone.
      if (existsSync(join(path, names.swap))) put(names.swap, names === V1 ? `${mb * 2 ** 20}` : '0')
    },
    peakMb() {
      if (peak === undefined) return undefined
      if (performance.now() - seenAt < FRESH_MS) return seenMb
      const length = readSync(peak, bytes, 0, bytes.length, 0)
      seenMb = Number(bytes.toString('latin1', 0, length)) / 2 ** 20
      seenAt = performance.now()
      return seenMb
    },
    exceeded: () => /^oom_kill [1-9]/m.test(get(names.events) ?? ''),
    async remove() {
      if (peak !== undefined) closeSync(peak)
      peak = undefined
      for (let tries = 0; tries < 50 && existsSync(path); tries++) {
        try {
          await rmdir(path)
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
    },
  }
}
