/** `npm test`: style, types, structure, tests; all four, whatever the first ones say. The exit code is 1 where any failed. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const steps: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ['style', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  ['types', 'node_modules/typescript/bin/tsc', '-p', '.'],
  ['types of the page', 'node_modules/typescript/bin/tsc', '-p', 'web'],
  ['structure', 'scripts/structure.ts'],
  ['tests', 'node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)],
]

const failed = steps.filter(([, script, ...args]) => {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' })
  return status !== 0
})
const names = failed.map(([name]) => name)
process.stdout.write(
  failed.length > 0 ? `failed: ${names.join(', ')}\n` : 'style, types, structure and tests: all well\n',
)
process.exitCode = failed.length > 0 ? 1 : 0
