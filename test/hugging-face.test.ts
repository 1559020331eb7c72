/** A model's folder as the Hugging Face hub has it: opened by the command line, played with, and saved again. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createEngine, openEngine } from '../src/engine/index.ts'
import { readRenderer } from '../src/models/index.ts'
import { huggingFaceFiles, SIZE } from './hugging-face-files.ts'

const main = join(import.meta.dirname, '../src/cli/main.ts')
const run = promisify(execFile)
const shape = {
  ...{ width: 16, layers: 1, heads: 2, kvHeads: 1, headWidth: 8, hidden: 32, context: 256 },
  ...{ ropeTheta: 1e4, normEpsilon: 1e-5, tied: false },
}
let folder: string
const inside = (name: string): string => join(folder, name)

/** A model of so many tokens, with the files that make it speak. */
async function model(name: string, vocabulary: number): Promise<void> {
  await using engine = createEngine({ ...shape, vocabulary }, { seed: 1, threads: 1, companions: huggingFaceFiles() })
  await engine.save(inside(name))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ludus-hub-'))
  await model('fits', SIZE)
  await model('small', SIZE - 1)
})
afterAll(() => rm(folder, { recursive: true }))

it('is played with', async () => {
  const args = ['run', 'arithmetic:1', '--model', `engine:${inside('fits')}`, '-n', '4', '--max-tokens', '8', '--json']
  const { stdout } = await run(process.execPath, [main, ...args], { cwd: folder })
  const { outcomes, tokens } = JSON.parse(stdout)
  expect(outcomes.scored).toBe(4)
  expect(tokens).toBeGreaterThan(0)
})

it('is refused in a sentence where tokenizer and model do not belong together', async () => {
  const args = ['run', 'arithmetic:1', '--model', `engine:${inside('small')}`]
  const failed = await run(process.execPath, [main, ...args], { cwd: folder }).catch((error) => error)
  expect(failed.code).toBe(2)
  expect(failed.stderr).toContain(`the tokenizer's largest id is ${SIZE - 1}`)
})

it('is saved with its words', async () => {
  const { renderer, size, files } = await readRenderer(inside('fits'))
  await using engine = await openEngine(inside('fits'), { threads: 1, companions: files, tokens: size })
  await engine.save(inside('again'))
  const again = await readRenderer(inside('again'))
  expect(again.files).toEqual(files)
  expect(again.renderer.id).toBe(renderer.id)
  expect(await readFile(inside('fits/model.safetensors'))).toEqual(await readFile(inside('again/model.safetensors')))
})
