/**
 * `npm run conformance`: what `npm test` leaves out, because it needs Python, other people's weights or data that is not
 * ours to ship. What cannot run says why. The last line counts: `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const count = { passed: 0, failed: 0, skipped: 0 }
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const run = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status === 0
/** A test of `npm test`, with more of it asked for. */
const tests = (more: Readonly<Record<string, string>>, ...files: string[]): boolean => {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--testTimeout=3600000', ...files]
  return (
    spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...more } }).status === 0
  )
}
const node = (...args: string[]): boolean => run(process.execPath, ...args)

/** `missing`: what it would need, where that is not there. */
function check(name: string, missing: readonly (string | false)[], work: () => boolean): void {
  const needs = missing.filter((need) => need !== false)
  say(`\n== ${name}`)
  if (needs.length > 0) {
    count.skipped++
    say(`SKIPPED: ${needs.join('; ')}`)
    return
  }
  const good = work()
  count[good ? 'passed' : 'failed']++
  say(good ? 'passed' : `FAILED: ${name}`)
}

/** llama.cpp reads the same weights in F32: with quantised ones it rounds what it multiplies them with. */
function besideLlamaCpp(python: string, model: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ludus-conformance-'))
  const whole = join(folder, 'f32.gguf')
  try {
    return run(python, 'bench/gguf-f32.py', model, whole) && node('bench/llama-cpp.ts', model, whole)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const { LUDUS_PYTHON: python = '', LUDUS_GGUF: gguf = '', LUDUS_LLAMA_CPP: llamaCpp = '' } = process.env
const data = process.env['LUDUS_DATA'] ?? join(root, '../shared/data')
const noPython = python === '' && 'LUDUS_PYTHON names no Python with torch, transformers, peft and gguf'

check('transformers, PEFT and PyTorch', [noPython], () => node('bench/parity.ts'))
check(
  'llama.cpp',
  [
    noPython,
    gguf === '' && 'LUDUS_GGUF names no model, a file of llama.cpp’s with a chat template',
    llamaCpp === '' && 'LUDUS_LLAMA_CPP names no folder with node-llama-cpp (bench/llama-cpp.ts says how to make one)',
  ],
  () => besideLlamaCpp(python, gguf),
)
const noData = !existsSync(data) && `there is no data in ${data}, and LUDUS_DATA names none`
const ofData = ['test/conformance', 'test/multihop.test.ts', 'test/humaneval.test.ts', 'src/environments/tools']
check('public data', [noData], () => tests({ LUDUS_DATA: data, LUDUS_ATTACKS: '1000' }, ...ofData))
check('1,000 episodes of every world', [], () => tests({ LUDUS_EPISODES: '1000' }, 'test/replay.test.ts'))
check('2,000 episodes, killed twenty times', [], () =>
  tests({ LUDUS_CRASH: '2000x20' }, 'test/crash.test.ts', 'test/shared.test.ts'),
)
check('ten minutes of faults', [], () => tests({ LUDUS_SOAK_S: '600' }, 'src/models/faulty', 'test/faults'))
say(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed > 0 ? 1 : 0
