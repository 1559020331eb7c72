import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type BoxServer, boxServer, KEY } from '../../test/box-server.ts'
import type { Sandbox, SandboxSpec } from '../core/index.ts'
import { openSandboxes } from './open-sandboxes.ts'

// The services themselves were not at hand: their stand-in keeps nothing inside, so that walls are not examined here.
const never = new AbortController().signal
let server: BoxServer
let engine: BoxServer
const folder = mkdtempSync(join(tmpdir(), 'ludus-engine-'))
const ours = ['E2B_API_KEY', 'E2B_API_URL', 'E2B_SANDBOX_URL', 'DAYTONA_API_KEY', 'DAYTONA_API_URL', 'DOCKER_HOST']
beforeAll(async () => {
  server = await boxServer()
  engine = await boxServer(join(folder, 'docker.sock'))
  Object.assign(process.env, {
    ...{ E2B_API_KEY: KEY, E2B_API_URL: server.url, E2B_SANDBOX_URL: server.url },
    ...{ DAYTONA_API_KEY: KEY, DAYTONA_API_URL: server.url, DOCKER_HOST: `unix://${join(folder, 'docker.sock')}` },
  })
})
afterAll(async () => {
  for (const name of ours) delete process.env[name]
  await Promise.all([server.close(), engine.close()])
  rmSync(folder, { recursive: true })
})

describe.each([
  ['docker', 'container'],
  ['e2b', 'vm'],
  ['daytona', 'container'],
] as const)('%s, against a stand-in of its API', (name, isolation) => {
  const of = (): BoxServer => (name === 'docker' ? engine : server)
  const open = async (spec: Partial<SandboxSpec> = {}): Promise<Sandbox> => {
    const all = openSandboxes(name)
    onTestFinished(() => all[Symbol.asyncDispose]())
    return all.open({ language: 'python', isolation: 'container', ...spec }, never)
  }

  it('keeps state within an episode and not across, and gives its box back', async () => {
    const [one, other] = [await open(), await open()]
    expect(one.about).toMatchObject({ isolation, interpreter: expect.stringMatching(/^CPython 3/) })
    expect(await one.exec('x = 41')).toMatchObject({ exitCode: 0, timedOut: false, truncated: false })
    expect((await one.exec('print(x + 1, "zwölf")')).stdout).toBe('42 zwölf\n')
    expect((await other.exec('print(x)')).stderr).toContain('NameError')
    expect(await one.exec('raise SystemExit(3)')).toMatchObject({ exitCode: 3 })
    expect((await one.exec('cd /; export A=b; pwd', { language: 'shell' })).stdout).toBe('/\n')
    expect((await one.exec('echo $A', { language: 'shell' })).stdout).toBe('b\n')
    await Promise.all([one, other].map((sandbox) => sandbox[Symbol.asyncDispose]()))
    expect(of().open()).toBe(0)
  })

  it('brings files in and out, and tells what changed', async () => {
    const sandbox = await open()
    const bytes = new Uint8Array(70_000).map((_, i) => i * i)
    await sandbox.write('deep/bytes', bytes)
    await sandbox.exec('with open("made", "w") as file: _ = file.write("by code")')
    expect(new Uint8Array(await sandbox.read('deep/bytes'))).toEqual(bytes)
    expect(Buffer.from(await sandbox.read('made')).toString()).toBe('by code')
    expect(await sandbox.changes()).toEqual([
      { path: 'deep/bytes', kind: 'added', bytes: 70_000 },
      { path: 'made', kind: 'added', bytes: 7 },
    ])
    for (const path of ['../x', '/etc/passwd']) {
      await expect(sandbox.read(path)).rejects.toThrow('leads out')
      await expect(sandbox.write(path, 'x')).rejects.toThrow('leads out')
    }
    await expect(sandbox.read('nothing')).rejects.toThrow(`there is no file 'nothing'`)
    const long = `x = ${JSON.stringify('y'.repeat(90_000))}\nprint(len(x))`
    expect((await sandbox.exec(long)).stdout).toBe('90000\n')
  })

  it('stops what runs too long, cuts what says too much, and tells what died', async () => {
    const sandbox = await open({ timeoutMs: 500, outputBytes: 2000 })
    await sandbox.exec('x = 5')
    const slow = await sandbox.exec('while True: pass')
    expect(slow).toMatchObject({ timedOut: true, exitCode: null })
    const loud = await sandbox.exec('print("y" * 100000)', { timeoutMs: 20_000 })
    expect(loud).toMatchObject({ truncated: true })
    expect(loud.stdout.length).toBeLessThanOrEqual(2000)
    const dead = await sandbox.exec('import os, signal; os.kill(os.getpid(), signal.SIGKILL)', { timeoutMs: 20_000 })
    expect(dead.died).toContain('SIGKILL')
    expect(await sandbox.exec('1')).toMatchObject({ died: dead.died })
    await sandbox.write('still', 'there')
    expect(await sandbox.changes()).toHaveLength(1)
  })

  it('an abort and a kill end what runs', async () => {
    const sandbox = await open()
    const halt = new AbortController()
    const running = sandbox.exec('import time; time.sleep(20)', { signal: halt.signal, timeoutMs: 30_000 })
    setTimeout(() => halt.abort(new Error('enough')), 300)
    await expect(running).rejects.toThrow('enough')
    const other = await open()
    const asleep = other.exec('import time; time.sleep(20)', { timeoutMs: 30_000 })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await other.kill()
    expect((await asleep).died).toBe('it was killed')
  })
})

it('the key reaches no box and no error', async () => {
  for (const name of ['e2b', 'daytona'] as const) {
    const all = openSandboxes(name)
    onTestFinished(() => all[Symbol.asyncDispose]())
    const sandbox = await all.open({ language: 'python' }, never)
    const { stdout } = await sandbox.exec('import os; print(dict(os.environ))')
    expect(stdout).not.toContain(KEY)
    const wrong = `${KEY}-but-wrong`
    Object.assign(process.env, { E2B_API_KEY: wrong, DAYTONA_API_KEY: wrong })
    const refused = await all.open({ language: 'python' }, never).then(String, (error: Error) => error.message)
    Object.assign(process.env, { E2B_API_KEY: KEY, DAYTONA_API_KEY: KEY })
    expect(refused).toMatch(/answered POST \/sandbox(es)? with 401: .*\[key\]/)
    expect(refused).not.toContain(KEY)
  }
  expect(server.bodies.join('')).not.toContain(KEY)
})

it('says what is missing', async () => {
  const keys = ['E2B_API_KEY', 'DAYTONA_API_KEY', 'DOCKER_HOST'].map((name) => [name, process.env[name]!] as const)
  onTestFinished(() => void Object.assign(process.env, Object.fromEntries(keys)))
  for (const [name] of keys) delete process.env[name]
  process.env['DOCKER_HOST'] = `unix://${folder}/none.sock`
  for (const [name, what] of [
    ['e2b', 'E2B_API_KEY'],
    ['daytona', 'DAYTONA_API_KEY'],
    ['docker', 'none.sock'],
  ] as const) {
    await using all = openSandboxes(name)
    await expect(all.open({ language: 'python' }, never)).rejects.toThrow(what)
  }
})
