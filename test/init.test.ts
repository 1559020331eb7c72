/** What `ludus init` writes passes as written, in the clone and where Ludus is installed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'ludus-init-'))
afterAll(() => rmSync(folder, { recursive: true }))
const node = (...args: string[]) => {
  // What vitest tells its own children is not for the test runner of Node.
  const { NODE_OPTIONS: _, ...env } = process.env
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env })
}
const ludus = (...args: string[]) => node(join(root, 'src/cli/main.ts'), ...args)

it('writes a world of questions whose test passes, and which the commands take by its file', {
  timeout: 60_000,
}, () => {
  const written = JSON.parse(ludus('init', 'coins', '--json').stdout)
  expect(written.next[0]).toBe('node --test coins.test.ts')
  const tested = node('--test', 'coins.test.ts')
  expect([tested.status, tested.stdout]).toEqual([0, expect.stringContaining('pass 1')])
  const { stdout, stderr } = ludus('run', './coins.ts', '--model', 'oracle', '--json')
  expect(JSON.parse(stdout), stderr).toMatchObject({ env: 'coins@1', tasks: 50, success: { mean: 1 } })
})

it('writes a world of code whose parts hold together', { timeout: 120_000 }, () => {
  expect(ludus('init', 'gold', '--code').status).toBe(0)
  const { stdout, stderr } = ludus('run', './gold.ts', '--model', 'oracle', '-n', '4', '--json')
  expect(JSON.parse(stdout || '{}'), stderr).toMatchObject({ env: 'gold@1', tasks: 4, success: { mean: 1 } })
})

it('holds its types', { timeout: 120_000 }, () => {
  for (const args of [['berries'], ['silver', '--code']]) expect(ludus('init', ...args).status).toBe(0)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = { typeRoots: [join(root, 'node_modules/@types')] }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }),
  )
  expect(node(join(root, 'node_modules/typescript/bin/tsc'), '-p', folder).stdout).toBe('')
})

it('overwrites nothing, and says what is wrong with a name or a file', { timeout: 120_000 }, () => {
  const refuses = (args: string[], sentence: string): void => {
    const { status, stderr } = ludus(...args)
    expect([status, stderr.includes(sentence), stderr.trim().split('\n').length], stderr).toEqual([2, true, 1])
  }
  writeFileSync(join(folder, 'mine.test.ts'), '')
  refuses(['init', 'mine'], "'mine.test.ts' is there already")
  refuses(['init', '../up'], 'small letters, digits and dashes')
  refuses(['init'], 'needs <name>')
  refuses(['run', './none.ts', '-m', 'oracle'], "there is no file './none.ts'")
  writeFileSync(join(folder, 'broken.ts'), 'export default { id: "x", tasks() {} }')
  refuses(['check', './broken.ts'], "the default export of './broken.ts' is no world: it has no make, no rubric")
  writeFileSync(join(folder, 'worse.ts'), 'import "./nowhere.ts"')
  refuses(['check', './worse.ts'], "'./worse.ts' cannot be loaded")
})
