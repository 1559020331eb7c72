import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { played } from '../../test/trajectories.ts'
import { assistant, random, type Trajectory } from '../core/index.ts'
import { createRun, openRun } from './run-folder.ts'
import { openStore } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
const sample = await played()
const named = (id: string, change: Partial<Trajectory> = {}): Trajectory => ({ ...sample, id, ...change })

describe('the store', () => {
  it('gives back what it acknowledged, whole and in order', async () => {
    const path = join(folder, 'order.sqlite')
    const ids = Array.from({ length: 130 }, (_, i) => `t${i}`)
    {
      await using store = openStore(path)
      await Promise.all(ids.map((id) => store.add(named(id))))
    }
    await using store = openStore(path, { readOnly: true })
    expect([...store.rows()].map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    expect(store.get('t7')).toEqual(named('t7'))
    expect(store.get('t999')).toBe(undefined)
    expect([...store.trajectories()]).toHaveLength(130)
    const [row] = store.rows()
    expect(row).toMatchObject({
      outcome: 'scored',
      return: 5,
      success: 1,
      steps: 5,
      calls: 5,
      stop: 'terminated',
      costUsd: null,
    })
  })

  it('finds by columns, and replaces a trajectory of the same id', async () => {
    await using store = openStore(join(folder, 'find.sqlite'))
    await store.add(named('a', { batch: 'x' }))
    await store.add(named('b', { batch: 'y', outcome: { kind: 'cancelled' }, rewards: {} }))
    await store.add(named('a', { batch: 'x', agent: 'second' }))
    expect([...store.rows({ batch: 'x' })].map(({ id, agent }) => [id, agent])).toEqual([['a', 'second']])
    expect([...store.rows({ outcome: 'cancelled' })]).toMatchObject([{ id: 'b', return: null, success: null }])
    expect([...store.trajectories({ task: 't', batch: 'y' })]).toHaveLength(1)
    await store.add(named('c', { batch: 'x' }))
    expect([...store.rows({}, 2)].map(({ id }) => id)).toEqual(['b', 'a'])
    const sums = { batch: 'x', trajectories: 2, scored: 2, returns: 10, judged: 2, successes: 2, steps: 10 }
    const none = { batch: 'y', trajectories: 1, scored: 0, returns: 0, judged: 0, successes: 0, steps: 5 }
    expect([...store.batches()]).toEqual([none, sums])
    store.remove({ batch: 'x' })
    expect([[...store.rows()].length, [...store.trajectories()].length, store.get('c')]).toEqual([1, 1, undefined])
  })

  it('lets others have a turn while it writes down what is many megabytes long', async () => {
    await using store = openStore(join(folder, 'long.sqlite'))
    const [first] = sample.steps
    const steps = Array.from({ length: 64 }, (_, i) => ({ ...first!, action: assistant(`${i}`.repeat(200_000)) }))
    let turns = 0
    const counting = setInterval(() => turns++, 0)
    await store.add(named('long', { steps }))
    clearInterval(counting)
    expect(turns).toBeGreaterThan(20)
    expect(store.get('long')).toEqual(named('long', { steps }))
  })

  it('can be read while it is written', async () => {
    const path = join(folder, 'both.sqlite')
    await using writer = openStore(path)
    await writer.add(named('a'))
    await using reader = openStore(path, { readOnly: true })
    await writer.add(named('b'))
    expect([...reader.rows()]).toHaveLength(2)
  })

  it('loses nothing it acknowledged to kill -9', async () => {
    const path = join(folder, 'killed.sqlite')
    const script = join(import.meta.dirname, '../../test/store-writer.ts')
    const writer = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    for await (const chunk of writer.stdout.setEncoding('utf8')) {
      said += chunk
      if (said.split('\n').length > 300) break
    }
    writer.kill('SIGKILL')
    const acknowledged = said.split('\n').slice(0, -1)
    await using store = openStore(path)
    const ids = new Set([...store.rows()].map(({ id }) => id))
    expect(acknowledged.length).toBeGreaterThanOrEqual(300)
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
    for (const trajectory of store.trajectories()) expect(trajectory.steps).toHaveLength(5)
    await store.add(named('after'))
  })

  it('says in a sentence what is wrong with a file', async () => {
    expect(() => openStore(join(folder, 'none.sqlite'), { readOnly: true })).toThrow('there is no store at')
    const garbage = join(folder, 'garbage.sqlite')
    writeFileSync(garbage, 'this is no database, however long it is, and it never was one'.repeat(100))
    expect(() => openStore(garbage)).toThrow(`'${garbage}': it is no store of Ludus`)
    expect(() => openStore(join(folder, 'no', 'such', 'folder.sqlite'))).toThrow('it cannot be opened')
    const other = join(folder, 'other.sqlite')
    writeFileSync(other, '')
    expect(() => openStore(other, { readOnly: true })).toThrow('holds format version 0; this Ludus reads 3')
  })

  it('says what is damaged, and still reads the rest', async () => {
    const path = join(folder, 'damaged.sqlite')
    {
      await using store = openStore(path)
      // What no compression makes much smaller: most of the file is bodies.
      const chance = random(1)
      const noise = (): string => Array.from({ length: 1000 }, () => chance.int(2 ** 32).toString(36)).join('')
      for (let i = 0; i < 50; i++) await store.add(named(`t${i}`, { warnings: [noise()] }))
    }
    const bytes = readFileSync(path)
    bytes.fill(0x5a, bytes.length - 30_000, bytes.length - 10_000)
    writeFileSync(path, bytes)
    await using store = openStore(path, { readOnly: true })
    expect(store.get('t3')?.steps).toHaveLength(5)
    expect(() => [...store.trajectories()]).toThrow(/damaged/)
  })

  it('says that the disk is full, and keeps what was there', async ({ skip }) => {
    // A file system of its own, in a mount namespace of its own, that is really full.
    const script = join(import.meta.dirname, '../../test/store-writer.ts')
    const command = `mount -t tmpfs -o size=2m none '${folder}' && { '${process.execPath}' '${script}' '${folder}/full.sqlite' 2>&1; echo "exit $?"; '${process.execPath}' '${script}' '${folder}/full.sqlite' --count; }`
    const { stdout } = await promisify(execFile)('unshare', ['-Urm', 'sh', '-c', command]).catch(() => ({ stdout: '' }))
    if (stdout === '') return skip('no mount namespaces here: the full disk was not tried')
    const lines = stdout.trim().split('\n')
    const acknowledged = lines.filter((line) => line.startsWith('t'))
    expect(lines).toContainEqual(expect.stringContaining("full.sqlite': the disk is full: make room and run again"))
    expect(lines).toContain('exit 1')
    expect(acknowledged.length).toBeGreaterThan(10)
    expect(Number(lines.at(-1))).toBeGreaterThanOrEqual(acknowledged.length)
  })
})

describe('a run', () => {
  it('gets a folder of its own, and can be read back by path or by name', async () => {
    const root = join(folder, 'runs')
    const settings = { command: 'run', env: 'maze:large,partial', settings: { seed: 3 } }
    await using first = createRun(root, settings)
    await using second = createRun(root, settings)
    expect([first.id, second.id]).toEqual(['run-maze-large-partial-1', 'run-maze-large-partial-2'])
    await first.store.add(named('a'))
    first.update({ state: 'done', seconds: 1.5, result: { success: 1 } })
    for (const where of [first.path, first.id]) {
      await using again = openRun(where, root)
      expect(again.manifest).toMatchObject({
        command: 'run',
        state: 'done',
        settings: { seed: 3 },
        result: { success: 1 },
      })
      expect([...again.store.rows()]).toHaveLength(1)
    }
  })

  it('says what is wrong with a folder that is none', () => {
    const root = join(folder, 'runs')
    expect(() => openRun('nothing', root)).toThrow("no run at 'nothing'")
    const broken = createRun(root, { command: 'run', env: 'x', settings: {} })
    broken.write('run.json', '{"version": 1')
    expect(() => openRun(broken.path, root)).toThrow('is damaged: it is not JSON')
    broken.write('run.json', '{"version": 9}')
    expect(() => openRun(broken.path, root)).toThrow('is damaged: version')
  })
})
