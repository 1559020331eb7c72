/**
 * What every sandbox must keep, whatever stands behind it: one exam for all of them, held to the isolation that each
 * declares. Every attack is tried outside first, where it must succeed: an attack that sleeps proves nothing.
 */
import { randomBytes } from 'node:crypto'
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { ExecResult, Isolation, Language, Sandbox, SandboxSpec } from '../src/core/index.ts'
import { openSandboxes, type Sandboxes } from '../src/sandboxes/index.ts'
import { DIALECTS, type Dialect } from './sandbox-dialects.ts'

export interface Examined {
  /** Opens what is examined; closed when the exam is over. */
  readonly start: () => Sandboxes
  readonly language: Language
  readonly isolation: Isolation
  /** Where its language differs from the usual one; undefined for what cannot be said in it. */
  readonly dialect?: Partial<{ [K in keyof Dialect]: Dialect[K] | undefined }>
  /** Attacks whose success outside cannot be shown here, with the reason. */
  readonly noControl?: string
}

const never = new AbortController().signal
const dump = ({ stdout, stderr }: ExecResult): string => stdout + stderr

export function examineSandbox(name: string, { start, language, isolation, ...given }: Examined): void {
  const say = { ...DIALECTS[language], ...given.dialect } as Partial<Dialect> & Dialect
  const inside = isolation !== 'none'
  const processes = isolation !== 'wasm'

  describe(`${name}, ${language}, in the exam for all sandboxes`, () => {
    let all: Sandboxes
    let outside: Sandboxes
    beforeAll(() => {
      all = start()
      outside = openSandboxes('unsafe-local')
    })
    afterAll(async () => {
      await all[Symbol.asyncDispose]()
      await outside[Symbol.asyncDispose]()
    })
    const opened = async (from: Sandboxes, spec: Partial<SandboxSpec> = {}): Promise<Sandbox> => {
      const sandbox = await from.open({ language, memoryMb: 256, ...spec }, never)
      onTestFinished(() => sandbox[Symbol.asyncDispose]())
      return sandbox
    }
    const open = (spec?: Partial<SandboxSpec>): Promise<Sandbox> => opened(all, spec)
    /** What the same code says outside: the positive control. */
    const control = async (code: string): Promise<string> => dump(await (await opened(outside)).exec(code))
    const alive = async (sandbox: Sandbox): Promise<void> => {
      expect((await sandbox.exec(say.set('alive', 7))).exitCode).toBe(0)
      expect((await sandbox.exec(say.show('alive'))).stdout).toBe('7\n')
    }
    /** It may have died of it, or not; if not, it is as it was. */
    const aliveOrDead = async (sandbox: Sandbox, result: ExecResult): Promise<void> => {
      if (result.died !== undefined) expect(await sandbox.exec(say.show('x'))).toMatchObject({ died: result.died })
      else await alive(sandbox)
    }

    describe('keeps its contract', () => {
      it('says what it is', async () => {
        const { about } = await open()
        expect(about.isolation).toBe(isolation)
        expect(about.interpreter).toMatch(/\w/)
      })

      it('state persists within an episode and not across', async () => {
        const [one, other] = [await open(), await open()]
        await one.exec(say.set('x', 41))
        await other.exec(say.set('x', 42))
        expect((await one.exec(say.show('x'))).stdout).toBe('41\n')
        expect((await other.exec(say.show('x'))).stdout).toBe('42\n')
        expect((await (await open()).exec(say.show('x'))).stdout).not.toMatch(/4[12]/)
      })

      it('answers calls in their order', async () => {
        const sandbox = await open()
        const asked = Array.from({ length: 10 }, (_, i) => [sandbox.exec(say.set('x', i)), sandbox.exec(say.show('x'))])
        const said = (await Promise.all(asked.flat())).map(({ stdout }) => stdout).join('')
        expect(said).toBe('0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n')
      })

      it('what code throws is a result', async () => {
        const sandbox = await open()
        const result = await sandbox.exec(say.fail)
        expect(result).toMatchObject({ exitCode: 1, timedOut: false, truncated: false })
        expect(result.stderr).toContain('a mistake')
        expect(result.died).toBeUndefined()
        await alive(sandbox)
      })

      it.skipIf(!say.exit3)('says what an exit said', async () => {
        expect(await (await open()).exec(say.exit3!)).toMatchObject({ exitCode: 3 })
      })

      it('brings files in and out, and tells what changed', async () => {
        const sandbox = await open()
        expect(await sandbox.changes()).toEqual([])
        const bytes = new Uint8Array(256).map((_, i) => i)
        await sandbox.write('deep/er/bytes', bytes)
        await sandbox.write('text.txt', 'zwölf')
        expect(new Uint8Array(await sandbox.read('deep/er/bytes'))).toEqual(bytes)
        if (say.writeFile) {
          expect((await sandbox.exec(say.writeFile('made/here.txt', 'by code'))).exitCode).toBe(0)
          expect(Buffer.from(await sandbox.read('made/here.txt')).toString()).toBe('by code')
          expect(dump(await sandbox.exec(say.readFile('text.txt')))).toContain('zwölf')
        }
        const added = (path: string, bytes: number) => ({ path, kind: 'added', bytes })
        expect(await sandbox.changes()).toEqual([
          added('deep/er/bytes', 256),
          ...(say.writeFile ? [added('made/here.txt', 7)] : []),
          added('text.txt', 6),
        ])
      })

      it('refuses paths that lead out, and says what is not there', async () => {
        const sandbox = await open()
        for (const path of ['../x', '/etc/passwd', 'a/../../x', '../../../../etc/passwd']) {
          await expect(sandbox.read(path)).rejects.toThrow(/\w+ \w+/)
          await expect(sandbox.write(path, 'x')).rejects.toThrow(/\w+ \w+/)
        }
        await expect(sandbox.read('nothing')).rejects.toThrow(/nothing/)
      })

      it('cuts output to its cap, and marks the cut', async () => {
        const sandbox = await open({ outputBytes: 5000, timeoutMs: 30_000 })
        const result = await sandbox.exec(say.flood)
        expect(result.truncated).toBe(true)
        expect(result.stdout.length).toBeLessThanOrEqual(5000)
        expect(result.stdout).toMatch(/^x+/)
        expect(result.stdout).toMatch(/cut/)
        await aliveOrDead(sandbox, result)
        expect((await (await open()).exec(say.show('x'))).truncated).toBe(false)
      })

      it.skipIf(!say.binary)('survives bytes that are no text', async () => {
        const sandbox = await open()
        expect((await sandbox.exec(say.binary!)).stdout).toContain('ABC')
        await alive(sandbox)
      })

      it('stops an infinite loop when its time is up; state persists, or it says that it died', async () => {
        const sandbox = await open({ timeoutMs: 300 })
        await sandbox.exec(say.set('x', 5))
        const started = performance.now()
        const result = await sandbox.exec(say.spin)
        expect(performance.now() - started).toBeLessThan(5000)
        expect(result).toMatchObject({ timedOut: true, exitCode: null })
        if (result.died === undefined) expect((await sandbox.exec(say.show('x'))).stdout).toBe('5\n')
        await aliveOrDead(sandbox, result)
        const shorter = await open()
        expect(await shorter.exec(say.spin, { timeoutMs: 100 })).toMatchObject({ timedOut: true })
      })

      it.skipIf(!say.deafSpin)('ends what does not hear that its time is up', async () => {
        const sandbox = await open({ timeoutMs: 200 })
        const result = await sandbox.exec(say.deafSpin!)
        expect(result).toMatchObject({ timedOut: true, exitCode: null })
        expect(result.died).toMatch(/\w/)
        expect((await sandbox.exec(say.show('x'))).died).toBe(result.died)
      })

      it('an abort stops what runs, with its reason', async () => {
        const sandbox = await open()
        const reason = new Error('enough')
        const halt = new AbortController()
        const running = sandbox.exec(say.spin, { signal: halt.signal, timeoutMs: 20_000 })
        setTimeout(() => halt.abort(reason), 200)
        await expect(running).rejects.toBe(reason)
        await expect(sandbox.exec(say.show('x'), { signal: halt.signal })).rejects.toBe(reason)
        await expect(all.open({ language }, halt.signal)).rejects.toBe(reason)
      })

      it('an interrupt stops what runs; state persists', async (context) => {
        const sandbox = await open()
        if (!sandbox.interrupt) return context.skip('it has no interrupt')
        await sandbox.exec(say.set('x', 6))
        await sandbox.interrupt()
        const running = sandbox.exec(say.spin, { timeoutMs: 20_000 })
        setTimeout(() => void sandbox.interrupt?.(), 300)
        expect(await running).toMatchObject({ timedOut: false })
        expect((await sandbox.exec(say.show('x'))).stdout).toBe('6\n')
      })

      it('a fork is the same and then another', async (context) => {
        const sandbox = await open()
        if (!sandbox.fork) return context.skip('it has no fork')
        await sandbox.exec(say.set('x', 1))
        await sandbox.write('both.txt', 'same')
        const fork = await sandbox.fork()
        onTestFinished(() => fork[Symbol.asyncDispose]())
        await sandbox.exec(say.set('x', 2))
        await fork.exec(say.set('y', 3))
        await fork.write('both.txt', 'other')
        expect((await fork.exec(say.show('x'))).stdout).toBe('1\n')
        expect((await sandbox.exec(say.show('x'))).stdout).toBe('2\n')
        expect((await sandbox.exec(say.show('y'))).stdout).not.toContain('3')
        expect(Buffer.from(await sandbox.read('both.txt')).toString()).toBe('same')
        expect(dump(await fork.exec(say.readFile('both.txt')))).toContain('other')
        expect(await fork.changes()).toEqual([{ path: 'both.txt', kind: 'added', bytes: 5 }])
        const again = await fork.fork!()
        await fork[Symbol.asyncDispose]()
        await alive(sandbox)
        expect((await again.exec(say.show('y'))).stdout).toBe('3\n')
        await again[Symbol.asyncDispose]()
        await alive(sandbox)
      })

      it('a killed one is dead, and says so', async () => {
        const sandbox = await open()
        const running = sandbox.exec(say.spin, { timeoutMs: 20_000 })
        await new Promise((resolve) => setTimeout(resolve, 100))
        await sandbox.kill()
        expect((await running).died).toMatch(/\w/)
        expect((await sandbox.exec(say.show('x'))).died).toMatch(/\w/)
        await sandbox.kill()
        await sandbox[Symbol.asyncDispose]()
        await sandbox[Symbol.asyncDispose]()
      })
    })

    describe('withstands', () => {
      it.skipIf(!say.recurse)('deep recursion', async () => {
        const sandbox = await open({ timeoutMs: 3000 })
        const result = await sandbox.exec(say.recurse!)
        expect(result.exitCode).not.toBe(0)
        await aliveOrDead(sandbox, result)
      })

      it.skipIf(!say.segfault)('a segfault', async () => {
        const [sandbox, other] = [await open(), await open()]
        expect((await sandbox.exec(say.segfault!)).died).toMatch(/\w/)
        await alive(other)
      })

      it.skipIf(!inside)('a memory hog', async () => {
        const [sandbox, other] = [await open({ memoryMb: 128, timeoutMs: 20_000 }), await open()]
        const result = await sandbox.exec(say.hog)
        expect(result.exitCode).not.toBe(0)
        expect(result.timedOut).toBe(false)
        if (result.memoryMb !== undefined) expect(result.memoryMb).toBeLessThan(200)
        await alive(other)
      })

      it.skipIf(!inside || !say.hogTogether)('memory hogs that are small alone', async () => {
        const sandbox = await open({ memoryMb: 256, timeoutMs: 20_000 })
        const result = await sandbox.exec(say.hogTogether!(150))
        expect(dump(result)).not.toMatch(/held: [34]/)
        expect(await control(say.hogTogether!(20))).toMatch(/held: 4/)
      })

      it.skipIf(!inside || !say.hogDisk)('a disk hog', async () => {
        const sandbox = await open({ diskMb: 16, timeoutMs: 20_000 })
        const full = /full (\d+)/.exec(dump(await sandbox.exec(say.hogDisk!)))
        expect(Number(full?.[1])).toBeLessThanOrEqual(16)
        await alive(sandbox)
        await sandbox.write('room', 'again')
        await expect(sandbox.write('too-large', new Uint8Array(17 << 20))).rejects.toThrow(/\w/)
      })

      it.skipIf(!inside || !say.forkBomb)('a fork bomb, which starves nobody else', async () => {
        const [sandbox, other] = [await open({ timeoutMs: 20_000 }), await open()]
        const bombing = sandbox.exec(say.forkBomb!)
        await alive(other)
        const result = await bombing
        const started = Number(/processes: (\d+)/.exec(result.stdout)?.[1] ?? 0)
        expect(started).toBeLessThan(1000)
        if (say.hogTogether) expect(dump(await other.exec(say.hogTogether(1)))).toMatch(/held: 4/)
        await aliveOrDead(sandbox, result)
      })

      it.skipIf(!say.leaveBehind || !processes)('processes that outlive the kill', async () => {
        const mark = `exam-${randomBytes(8).toString('hex')}`
        const sandbox = await open()
        await sandbox.exec(say.leaveBehind!(mark))
        if (isolation === 'none' || isolation === 'namespace') expect(processesWith(mark)).toBeGreaterThanOrEqual(3)
        await sandbox.kill()
        if (inside) expect(processesWith(mark)).toBe(0)
        else for (const pid of pidsWith(mark)) process.kill(pid, 'SIGKILL')
      })
    })

    describe.skipIf(!inside)(`keeps inside, by '${isolation}',`, () => {
      const secret = randomBytes(12).toString('hex')
      const folder = mkdtempSync(join(tmpdir(), 'ludus-exam-'))
      const knocks: string[] = []
      const servers: Server[] = []
      const greeter = async (where: object): Promise<Server> => {
        const server = createServer((socket) => {
          knocks.push('knock')
          socket.on('error', () => {})
          socket.end(`HTTP/1.0 200 OK\r\n\r\n${secret}`)
        })
        servers.push(server)
        return new Promise((resolve) => server.listen(where, () => resolve(server)))
      }
      const abstract = `ludus-exam-${secret}`
      let port = 0
      beforeAll(async () => {
        writeFileSync(join(folder, 'secret'), secret, { mode: 0o644 })
        process.env['LUDUS_EXAM_SECRET'] = secret
        const tcp = await greeter({ port: 0, host: '127.0.0.1' })
        port = (tcp.address() as { port: number }).port
        await greeter({ path: join(folder, 'socket') })
        await greeter({ path: `\0${abstract}` })
      })
      afterAll(() => {
        delete process.env['LUDUS_EXAM_SECRET']
        for (const server of servers) server.close()
        rmSync(folder, { recursive: true })
      })
      const holds = async (code: string, found: string | RegExp): Promise<void> => {
        const result = await (await open()).exec(code)
        expect(dump(result)).not.toMatch(found)
        if (!given.noControl) expect(await control(code)).toMatch(found)
      }

      it('from the files of the host', () => holds(say.readFile(join(folder, 'secret')), secret))
      it('from its environment', () => holds(say.environment, secret))

      it('from its network', async () => {
        const sandbox = await open()
        const code = say.knock(port)
        knocks.length = 0
        expect(dump(await sandbox.exec(code))).not.toContain(secret)
        expect(knocks).toEqual([])
        if (!given.noControl) expect(await control(code)).toContain(secret)
      })

      it.skipIf(!say.knockAbstract)('from sockets that have no file', () =>
        holds(say.knockAbstract!(abstract), new RegExp(`reached.*${secret}`)),
      )
      it.skipIf(!say.findSockets)('from sockets that have one, its own control socket first of all', () =>
        holds(say.findSockets!, 'reached'),
      )

      it('from writing the system', async () => {
        const paths = ['/etc/hosts', '/etc/passwd', '/usr/bin/env', '/proc/sys/kernel/core_pattern', '/proc/sys/vm/overcommit_memory'] // biome-ignore format: one list
        const ours = paths.filter((path) => writable(path))
        expect(dump(await (await open()).exec(say.openForWriting(paths)))).not.toContain('opened')
        if (!given.noControl && ours.length > 0)
          expect(await control(say.openForWriting([join(folder, 'secret')]))).toContain('opened')
      })

      it.skipIf(!say.climb)('from climbing out', async () => {
        expect((await (await open()).exec(say.climb!)).stdout).toBe('')
        if (!given.noControl) expect(await control(say.climb!)).toContain('succeeded')
      })

      it('from other episodes’ files', async (context) => {
        if (!say.writeFile) return context.skip('its code writes no files')
        const one = await open()
        const places = ['mine', '/tmp/mine', '/dev/shm/mine']
        for (const path of places) await one.exec(say.writeFile(path, secret))
        expect(dump(await one.exec(say.readFile('mine')))).toContain(secret)
        const other = await open()
        for (const path of places) expect(dump(await other.exec(say.readFile(path)))).not.toContain(secret)
      })

      it.skipIf(!say.listen)('from other episodes’ sockets', async () => {
        const one = await open()
        const code = say.knockAbstract!('theirs')
        expect((await one.exec(say.listen!('theirs'))).stdout).toContain('listens')
        expect((await (await open()).exec(code, { timeoutMs: 5000 })).stdout).not.toContain('reached')
      })

      it.skipIf(!say.killAll)('from other episodes’ processes', async () => {
        const [one, other] = [await open(), await open()]
        await one.exec(say.set('x', 1))
        await other.exec(say.killAll!)
        expect((await one.exec(say.show('x'))).stdout).toBe('1\n')
      })

      it.skipIf(!say.forge)('a forged result confuses nobody else', async () => {
        const [one, other] = [await open(), await open()]
        const asked = other.exec(say.show('"true"'))
        const forged = await one.exec(say.forge!, { timeoutMs: 3000 })
        expect((await asked).stdout).toBe('true\n')
        expect((await other.exec(say.show('"true"'))).stdout).toBe('true\n')
        if (forged.died !== undefined) expect((await one.exec(say.show('x'))).died).toBe(forged.died)
        await alive(await open())
      })
    })
  })
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Processes of this machine with so much in their arguments; that of a container counts where it is seen. */
export function pidsWith(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)
      } catch {
        return false
      }
    })
    .map(Number)
}

const processesWith = (mark: string): number => pidsWith(mark).length
