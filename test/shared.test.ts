/**
 * A run that several processes play, and what of it may die: a worker, the one that writes, and Redis with all that it
 * knew. Nothing answered is asked again, and the records are those of one process. Redis is started here, where there is one.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { answered, askedAgain, ended, play, records, requests, runIn, start, until } from './crash-run.ts'

const EPISODES = Number((process.env['LUDUS_CRASH'] ?? '').split('x')[0]) || 60
const redis = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0)
if (!redis) process.stderr.write('BullMQ is not tried: there is no redis-server and no valkey-server here\n')

let running: ChildProcess | undefined
afterAll(() => void running?.kill('SIGKILL'))

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

function startRedis(port: number): void {
  running = spawn(`${redis}`, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  })
}

/** The processes that play this run. */
function workers(path: string): number[] {
  const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => line.includes(`work ${path}`)).map((line) => Number.parseInt(line, 10))
}

const whole = ended(start(play('whole', EPISODES))).then(() => records(runIn('whole')))

describe.each([
  ['sqlite', true],
  ['bullmq', redis !== undefined],
])('a run shared by %s', (kind, there) => {
  it.skipIf(!there)('outlives whoever dies', { timeout: 1_200_000 }, async () => {
    const expected = await whole
    const port = await freePort()
    if (kind === 'bullmq') startRedis(port)
    const executor = kind === 'bullmq' ? `bullmq://127.0.0.1:${port}` : kind
    const path = runIn(kind)
    const [first, known] = [requests(), new Set<number>()]
    let [since, repeated] = [first, 0]
    /** What is asked from now on may be nothing that is on record now. */
    const look = (): void => {
      repeated += askedAgain(known, since)
      since = requests()
      for (const seed of answered(path)) known.add(seed)
    }
    const played = (share: number): Promise<void> => until(() => requests() >= first + share * EPISODES * 10)

    const coordinator = start([...play(kind, EPISODES), '--executor', executor, '--workers', '2'])
    await played(0.2)
    process.kill(workers(path)[0]!, 'SIGKILL')
    look()
    if (kind === 'bullmq') {
      await played(0.4)
      running?.kill('SIGKILL')
      startRedis(port)
      look()
    }
    await played(0.6)
    process.kill(coordinator.pid!, 'SIGKILL')
    look()
    await ended(start(['resume', path, '--json']))
    look()
    expect(known.size).toBeGreaterThan(0)
    expect(repeated).toBe(0)
    expect(await records(path)).toEqual(expected)
    await until(() => workers(path).length === 0)
  })
})
