import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { DIALECTS } from '../../test/sandbox-dialects.ts'
import { examineSandbox } from '../../test/sandbox-exam.ts'
import type { Sandbox, SandboxSpec } from '../core/index.ts'
import { guarded } from './just-bash.ts'
import { openSandboxes } from './open-sandboxes.ts'

// Declaring 'none', it is asked here for what it keeps inside all the same.
examineSandbox('shell', {
  start: () => openSandboxes('shell'),
  language: 'shell',
  isolation: 'none',
  dialect: { flood: 'x=x; for i in $(seq 20); do x=$x$x; done; for i in $(seq 110); do echo "$x"; done; echo the end' },
})

async function open(name: string, spec: Partial<SandboxSpec> = {}): Promise<Sandbox> {
  const all = openSandboxes(name)
  onTestFinished(() => all[Symbol.asyncDispose]())
  return all.open({ language: 'shell', ...spec }, new AbortController().signal)
}

const said = async (sandbox: Sandbox, code: string): Promise<string> => {
  const { stdout, stderr } = await sandbox.exec(code)
  return stdout + stderr
}

it('keeps variables, arrays, functions and the folder from one call to the next', async () => {
  const sandbox = await open('shell')
  await sandbox.exec('list=(1 2 "3 4"); declare -A map=([a]=b); greet() { echo "hello $1"; }; mkdir sub; cd sub')
  await sandbox.exec('list+=(5); exit 7')
  const look = 'declare -p list map; greet you; pwd'
  expect(await said(sandbox, look)).toBe(
    `declare -a list=([0]="1" [1]="2" [2]="3 4" [3]="5")\ndeclare -A map=(['a']=b)\nhello you\n/work/sub\n`,
  )
  const fork = await sandbox.fork!()
  await sandbox.exec('greet() { echo no; }; list=()')
  expect(await said(fork, 'greet me; declare -p list')).toMatch(/^hello me\n.*\[3\]="5"/)
})

it('reaches no file, no environment and no network of the host; outside, each attack succeeds', async () => {
  const secret = `secret-${process.pid}`
  const folder = mkdtempSync(join(tmpdir(), 'ludus-shell-'))
  writeFileSync(join(folder, 'secret'), secret)
  process.env['LUDUS_SHELL_SECRET'] = secret
  const server = createServer((socket) => socket.end(secret)).listen(0, '127.0.0.1')
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
    delete process.env['LUDUS_SHELL_SECRET']
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const { readFile, environment, knock, writeFile } = DIALECTS.shell
  const attacks = [readFile(join(folder, 'secret')), environment, knock(port)]
  const [inside, outside] = [await open('shell'), await open('unsafe-local')]
  for (const attack of attacks) {
    expect(await said(outside, attack)).toContain(secret)
    expect(await said(inside, attack)).not.toContain(secret)
  }
  const writing = writeFile!(join(folder, 'secret'), 'overwritten')
  await inside.exec(writing)
  expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe(secret)
  await outside.exec(writing)
  expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('overwritten')
})

it('holds memory and disk to their limits', async () => {
  const sandbox = await open('shell', { diskMb: 4, memoryMb: 256 })
  await sandbox.write('a', new Uint8Array(1 << 20))
  const full = await sandbox.exec('for i in 1 2 3 4 5 6; do cat a > a$i; done')
  expect(full.stderr).toContain('ENOSPC')
  await expect(sandbox.write('b', new Uint8Array(4 << 20))).rejects.toThrow('ENOSPC')
  const hog = await sandbox.exec(DIALECTS.shell.hog)
  expect(hog.exitCode).not.toBe(0)
})

it('the process behind it could do nothing either: the same program without the guard can', async () => {
  const program = `
    const tries = {
      read: () => process.getBuiltinModule('fs').readFileSync('/etc/hostname'),
      write: () => process.getBuiltinModule('fs').writeFileSync('/tmp/ludus-shell-guard', ''),
      spawn: () => { if (process.getBuiltinModule('child_process').spawnSync('true').error) throw 0 },
      worker: () => new (process.getBuiltinModule('worker_threads').Worker)('', { eval: true }),
      secret: () => { if (!process.env.LUDUS_GUARD_SECRET) throw 0 },
    }
    for (const [name, attempt] of Object.entries(tries)) try { attempt(); console.log(name) } catch {}`
  process.env['LUDUS_GUARD_SECRET'] = 'x'
  onTestFinished(() => {
    delete process.env['LUDUS_GUARD_SECRET']
    rmSync('/tmp/ludus-shell-guard', { force: true })
  })
  const { execFileSync } = await import('node:child_process')
  const { execArgv, env } = guarded(64)
  const run = (flags: readonly string[], env: NodeJS.ProcessEnv): string[] =>
    execFileSync(process.execPath, [...flags, '-e', program], { env, encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
  expect(run([], process.env)).toEqual(['read', 'write', 'spawn', 'worker', 'secret'])
  expect(run(execArgv, env)).toEqual([])
})
