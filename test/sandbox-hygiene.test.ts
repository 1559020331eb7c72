/** What the python sandbox leaves behind: nothing, whatever its episodes tried, and whatever became of us. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ExecResult, random, semaphore } from '../src/core/index.ts'
import { openSandboxes, sandboxes } from '../src/sandboxes/index.ts'
import { DIALECTS } from './sandbox-dialects.ts'
import { pidsWith } from './sandbox-exam.ts'

const kind = await sandboxes['python']!.load()
const missing = await kind.missing()
if (missing !== undefined) process.stderr.write(`what the python sandbox leaves behind was not looked at: ${missing}\n`)

const never = new AbortController().signal
const EPISODES = Number(process.env['LUDUS_ATTACKS'] ?? 100)
const index = new URL('../src/sandboxes/index.ts', import.meta.url).href

/** Every process below one of ours, as 'pid started-at': a number alone may be another's later. */
function below(top: number): string[] {
  const all = new Map<number, { parent: number; started: string }>()
  for (const name of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, parent, ...rest] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]!.split(' ')
      all.set(Number(name), { parent: Number(parent), started: rest[17]! })
    } catch {
      // It is gone.
    }
  }
  const under = (pid: number): boolean => pid > 1 && (pid === top || under(all.get(pid)?.parent ?? 0))
  return [...all].filter(([pid]) => pid !== top && under(pid)).map(([pid, { started }]) => `${pid} ${started}`)
}

function lives(process: string): boolean {
  const [pid, started] = process.split(' ')
  try {
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return state !== 'Z' && fields[18] === started
  } catch {
    return false
  }
}

async function gone(processes: readonly string[]): Promise<string[]> {
  for (let tries = 0; tries < 100 && processes.some(lives); tries++) await new Promise((later) => setTimeout(later, 50))
  return processes.filter(lives)
}

const groupsOf = (pid: number): string[] =>
  ['/sys/fs/cgroup', '/sys/fs/cgroup/memory'].flatMap((top) =>
    existsSync(top)
      ? (spawnSync('find', [top, '-type', 'd', '-name', `ludus-${pid}-*`], { encoding: 'utf8' })
          .stdout.split('\n')
          .filter(Boolean) as string[])
      : [],
  )

/** What of the host an episode could have changed. */
const host = (): object => ({
  mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
  name: readFileSync('/proc/sys/kernel/hostname', 'utf8'),
  corePattern: readFileSync('/proc/sys/kernel/core_pattern', 'utf8'),
  overcommit: readFileSync('/proc/sys/vm/overcommit_memory', 'utf8'),
  hosts: readFileSync('/etc/hosts', 'utf8'),
})

describe.skipIf(missing !== undefined)('the python sandbox leaves nothing behind', () => {
  const ours = mkdtempSync(join(tmpdir(), 'ludus-hygiene-'))
  const before = process.env['TMPDIR']
  beforeAll(() => {
    process.env['TMPDIR'] = ours
  })
  afterAll(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(ours, { recursive: true })
  })

  it(`after ${EPISODES} episodes that each try one attack`, { timeout: 600_000 }, async () => {
    const mark = `hygiene-${process.pid}-${Date.now()}`
    const say = DIALECTS.python
    const attacks: readonly string[] = [
      say.spin,
      say.deafSpin!,
      say.recurse!,
      say.segfault!,
      say.hog,
      say.hogDisk!,
      say.forkBomb!,
      say.leaveBehind!(mark),
      say.readFile('/etc/shadow'),
      say.environment,
      say.knock(22),
      say.findSockets!,
      say.openForWriting(['/etc/hosts', '/proc/sys/kernel/core_pattern']),
      say.climb!,
      say.forge!,
      say.killAll!,
      'import os\nos._exit(7)',
      'import os\nfor fd in range(3, 64):\n  try: os.close(fd)\n  except OSError: pass',
      'import os\nos.write(3, b"x" * 50_000_000)',
      'import os, threading\ndef flood():\n  while True: os.write(3, b"{}\\n" * 5000)\nthreading.Thread(target=flood, daemon=True).start()',
      'import os\nos.execv("/bin/sh", ["sh", "-c", "sleep 1000"])',
      'import ctypes\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\nimport os\nif os.fork() == 0: os.setsid(); import time; time.sleep(1000)',
    ]
    const [was, files, draw] = [host(), readdirSync('/proc/self/fd').length, random(4)]
    const seen = new Set<string>()
    const results: ExecResult[] = []
    const all = openSandboxes('python')
    const watching = setInterval(() => {
      for (const one of below(process.pid)) seen.add(one)
    }, 200)
    const places = semaphore(6)
    const attack = async (code: string): Promise<void> => {
      await using sandbox = await all.open({ language: 'python', memoryMb: 96, diskMb: 8, timeoutMs: 400 }, never)
      results.push(await sandbox.exec(code))
    }
    await Promise.all(
      Array.from({ length: EPISODES }, () => {
        const code = draw.pick(attacks)
        return places.run(() => attack(code))
      }),
    )
    // And it is whole: the next episode knows nothing of them.
    await using next = await all.open({ language: 'python' }, never)
    expect((await next.exec('print(6 * 7)')).stdout).toBe('42\n')
    await next[Symbol.asyncDispose]()
    clearInterval(watching)
    expect(seen.size).toBeGreaterThan(10)
    expect(groupsOf(process.pid).length).toBeLessThan(10)
    await all[Symbol.asyncDispose]()
    expect(results).toHaveLength(EPISODES)
    expect(await gone([...seen])).toEqual([])
    expect(pidsWith(mark)).toEqual([])
    expect(below(process.pid).filter((one) => seen.has(one))).toEqual([])
    expect(readdirSync(ours)).toEqual([])
    expect(readFileSync('/proc/net/unix', 'utf8')).not.toContain(ours)
    expect(groupsOf(process.pid)).toEqual([])
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(files)
    expect(host()).toEqual(was)
  })

  it('when we are killed', { timeout: 60_000 }, async () => {
    const mark = `orphan-${process.pid}-${Date.now()}`
    const child = scripted(`
      const all = openSandboxes('python')
      const opened = await Promise.all([1, 2, 3].map(() => all.open({ language: 'python' }, new AbortController().signal)))
      for (const one of opened) await one.exec(${JSON.stringify(`import ctypes\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)${DIALECTS.python.leaveBehind!(mark)}`)})
      for (const one of opened) void one.exec(${JSON.stringify(DIALECTS.python.deafSpin)}, { timeoutMs: 60_000 })
      console.log('ready')
      setInterval(() => {}, 1000)`)
    await once(child.stdout!, 'data')
    const processes = below(child.pid!)
    expect(pidsWith(mark).length).toBeGreaterThanOrEqual(9)
    expect(processes.length).toBeGreaterThanOrEqual(9 + 2 * 3)
    child.kill('SIGKILL')
    expect(await gone(processes)).toEqual([])
    expect(pidsWith(mark)).toEqual([])
    expect(readdirSync(ours)).toEqual([])
    // Empty memory groups are all that stays; the next start sweeps them away.
    await using all = openSandboxes('python')
    await using _ = await all.open({ language: 'python' }, never)
    expect(groupsOf(child.pid!)).toEqual([])
  })

  it.skipIf(process.getuid?.() !== 0)('and keeps its bounds where there is no root and no cgroup', async (context) => {
    const user = { uid: 64_001, gid: 64_001 }
    const readable = spawnSync(process.execPath, ['-e', `require('fs').readFileSync(new URL('${index}'))`], user)
    if (readable.status !== 0) return context.skip('another user cannot read this folder')
    const child = scripted(
      `
      await using all = openSandboxes('python')
      const hogs = ${JSON.stringify([DIALECTS.python.hog, DIALECTS.python.hogTogether!(150), 'import time; time.sleep(0.5); print(1)'])}
      for (const code of hogs) {
        await using one = await all.open({ language: 'python', memoryMb: 256, timeoutMs: 20_000 }, new AbortController().signal)
        console.log(JSON.stringify(await one.exec(code)))
      }`,
      { ...user, env: { PATH: process.env['PATH'], TMPDIR: before ?? '/tmp', HOME: '/' } },
    )
    const chunks: Buffer[] = []
    child.stdout!.on('data', (data: Buffer) => chunks.push(data))
    await once(child, 'close')
    const [hog, together, fine] = Buffer.concat(chunks).toString().trim().split('\n').map((line) => JSON.parse(line) as ExecResult) // biome-ignore format: one step
    expect(hog!.exitCode).not.toBe(0)
    expect(hog!.timedOut).toBe(false)
    expect(together!.died).toMatch(/out of memory/)
    expect(fine).toMatchObject({ exitCode: 0, stdout: '1\n' })
    expect(fine!.memoryMb).toBeGreaterThan(1)
    return undefined
  })
})

describe('without a python3', () => {
  const bare = { env: { PATH: '/nowhere', HOME: tmpdir() }, encoding: 'utf8' } as const
  const main = join(import.meta.dirname, '../src/cli/main.ts')
  const open = (name: string, language: string): string =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { openSandboxes } from '${index}'
        await using all = openSandboxes('${name}')
        await all.open({ language: '${language}' }, new AbortController().signal).then(() => console.log('opened'), (error) => console.log(error.message))`,
      ],
      bare,
    ).stdout

  it('the rest of Ludus works', () => {
    const runs = mkdtempSync(join(tmpdir(), 'ludus-bare-'))
    const { stdout } = spawnSync(
      process.execPath,
      [main, 'run', 'arithmetic', '-m', 'oracle', '-n', '2', '--runs', runs, '--json'],
      bare,
    )
    rmSync(runs, { recursive: true })
    expect(JSON.parse(stdout).outcomes.scored).toBe(2)
  })

  it('what needs one says so', () => {
    expect(open('auto', 'python')).toMatch(/the sandbox 'python' cannot run here: it needs a python3.*LUDUS_PYTHON/)
    expect(open('unsafe-local', 'python')).toMatch(/needs a Python/)
  })
})

function scripted(code: string, options: object = {}): ChildProcess {
  const script = `import { openSandboxes } from '${index}'\n${code}`
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  })
}
