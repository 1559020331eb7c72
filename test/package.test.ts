/** The package as it is published, installed in a folder of its own: README's example and the `ludus` command. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readFigures } from '../src/cli/figures.ts'
import { paperIndex } from '../src/recipes/index.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'ludus-package-'))
const installed = join(folder, 'node_modules/ludus')
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)

beforeAll(() => {
  mkdirSync(installed, { recursive: true })
  expect(node(tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', join(installed, 'dist')).stdout).toBe('')
  expect(node(join(root, 'scripts/copy-sources.ts'), join(installed, 'dist')).stderr).toBe('')
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(node(join(root, 'scripts/build-web.ts'), join(installed, 'dist/web')).stderr).toBe('')
  for (const name of ['package.json', ...files.filter((name: string) => name !== 'dist')])
    cpSync(join(root, name), join(installed, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'))
  write('package.json', '{ "type": "module" }')
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

it('runs the README’s example, whose types hold', () => {
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  write('example.ts', example)
  const compilerOptions = { typeRoots: [join(root, 'node_modules/@types')] }
  write('tsconfig.json', JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }))
  expect(node(tsc, '-p', folder).stdout).toBe('')
  const { stdout, stderr } = node('example.ts')
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^Peru \[ [01], [01], [01], [01] \]\ntrue \d+\n$/)
})

it('brings the sources that sandboxes run', () => {
  write(
    'sandbox.js',
    `import { openSandboxes } from 'ludus/sandboxes'
    await using all = openSandboxes('unsafe-local')
    for (const language of ['python', 'javascript']) {
      await using sandbox = await all.open({ language }, new AbortController().signal)
      const { stdout } = await sandbox.exec(language === 'python' ? 'print(6 * 7)' : 'console.log(6 * 7)')
      process.stdout.write(stdout)
    }`,
  )
  expect(node('sandbox.js').stdout).toBe('42\n42\n')
})

it('brings the figures of its recipes', () => {
  write(
    'papers.js',
    `import { paperIndex } from 'ludus/recipes'
    import { readFigures } from './node_modules/ludus/dist/cli/figures.js'
    for (const { recipe, verdict } of paperIndex(readFigures)) console.log(recipe, verdict)`,
  )
  const { stdout, stderr } = node('papers.js')
  expect(stderr).toBe('')
  expect(stdout.trim().split('\n')).toEqual(
    paperIndex(readFigures).map(({ recipe, verdict }) => `${recipe} ${verdict}`),
  )
  expect(stdout).toContain('agent-r holds')
})

it('trains by its command', () => {
  const sizes = ['--imitation-steps', '200', '--steps', '100', '--width', '8', '--layers', '1']
  const { stdout, stderr } = node(join(installed, 'bin/ludus.mjs'), 'train', 'arithmetic:1', ...sizes, '--json')
  expect(stdout, stderr).not.toBe('')
  expect(JSON.parse(stdout).arms).toHaveLength(4)
}, 60_000)

it('brings the dashboard, built and small', { timeout: 60_000 }, async () => {
  const { stdout } = node(join(installed, 'bin/ludus.mjs'), 'run', 'arithmetic', '-m', 'oracle', '-n', '3', '--json')
  expect(JSON.parse(stdout).outcomes.scored).toBe(3)
  const args = [join(installed, 'bin/ludus.mjs'), 'view', '--port', '0', '--no-open', '--json']
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = await once(createInterface(child.stdout), 'line')
    const { url } = JSON.parse(line)
    const script = Buffer.from(await (await fetch(new URL('page.js', url))).arrayBuffer())
    expect(script.length).toBeGreaterThan(50_000)
    expect(gzipSync(script).length).toBeLessThan(120 * 1024)
    const { runs } = (await (await fetch(new URL('api/runs', url))).json()) as { runs: { id: string }[] }
    expect(runs.map(({ id }) => id)).toEqual(expect.arrayContaining(['run-arithmetic-1']))
  } finally {
    child.kill()
  }
})
