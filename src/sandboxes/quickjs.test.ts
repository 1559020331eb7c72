import { expect, it, onTestFinished } from 'vitest'
import { examineSandbox } from '../../test/sandbox-exam.ts'
import type { Sandbox, SandboxSpec } from '../core/index.ts'
import { openSandboxes } from './open-sandboxes.ts'

examineSandbox('javascript', {
  start: () => openSandboxes('javascript'),
  language: 'javascript',
  isolation: 'wasm',
  dialect: {
    exit3: 'try { process.exit(3) } catch {} for (;;);',
    writeFile: (path, text) => `fs.writeFileSync(${JSON.stringify(path)}, ${JSON.stringify(text)})`,
    hogDisk: `{ let n = 0
      try { for (;;) fs.writeFileSync('big-' + n++, 'x'.repeat(1 << 20)) } catch (error) { console.log('full', n - 1, error) }
      for (const name of fs.readdirSync()) fs.unlinkSync(name) }`,
  },
})

async function open(spec: Partial<SandboxSpec> = {}): Promise<Sandbox> {
  const all = openSandboxes('javascript')
  onTestFinished(() => all[Symbol.asyncDispose]())
  return all.open({ language: 'javascript', ...spec }, new AbortController().signal)
}

it('shows values as a reader wants them, and awaits what is promised', async () => {
  const sandbox = await open()
  const code =
    'console.log("a", ["b", 1n], { c: new Map([[1, new Set([2])]]) }); const loop = []; loop.push(loop); print(loop)'
  expect((await sandbox.exec(code)).stdout).toBe('a ["b", 1n] { c: Map {1 => Set {2}} }\n[[circular]]\n')
  const later = await sandbox.exec('(async () => { await null; console.log("then"); throw new TypeError("late") })()')
  expect(later).toMatchObject({ stdout: 'then\n', exitCode: 1 })
  expect(later.stderr).toMatch(/^TypeError: late\n/)
})

it('keeps bytes as they are', async () => {
  const sandbox = await open()
  await sandbox.write('in', new Uint8Array([0, 255, 128]))
  await sandbox.exec(
    'const bytes = fs.readFileSync("in"); fs.writeFileSync("out", bytes.reverse()); fs.appendFileSync("out", "é")',
  )
  expect([...(await sandbox.read('out'))]).toEqual([128, 255, 0, 195, 169])
})

it('has nothing of the thread it runs in', async () => {
  const sandbox = await open()
  const names = [
    'globalThis.Buffer',
    'process.env',
    'process.binding',
    'fetch',
    'WebAssembly',
    'Worker',
    'Atomics.wait',
  ]
  const code = names.map((name) => `try { print(${JSON.stringify(name)}, ${name}) } catch (error) { print('no') }`)
  const { stdout } = await sandbox.exec(code.join('\n'))
  expect(stdout).not.toContain('function')
  const climbing = `let seen = []; for (const f of [console.log, fs.readFileSync, require, process.exit])
    seen.push(f.constructor('return typeof process + typeof process.env + typeof workerData')()); print(seen)`
  expect((await sandbox.exec(climbing)).stdout).toBe(
    `${JSON.stringify(Array(4).fill('objectundefinedundefined')).replaceAll(',', ', ')}\n`,
  )
})
