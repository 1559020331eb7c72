/** A model's folder as the Hugging Face hub has it: opened by the command line, played with, and saved again. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createEngine, openEngine } from '../src/engine/index.ts'
import { readRenderer } from '../src/models/index.ts'
import { type HubServerOptions, startHubServer } from './hub-server.ts'
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

/** The files of a folder, as a hub would have them. */
async function uploaded(name: string): Promise<HubServerOptions['files']> {
  const names = await readdir(inside(name))
  return Object.fromEntries(
    await Promise.all(names.map(async (file) => [file, await readFile(inside(`${name}/${file}`))])),
  )
}

it('is fetched by its name on the hub once, and played with where there is no network', async () => {
  const args = ['run', 'arithmetic:1', '--model', 'engine:hf:owner/name', '-n', '4', '--max-tokens', '8', '--json']
  const env = { ...process.env, LUDUS_CACHE: inside('cache'), HF_TOKEN: 'hf_secret' }
  const play = async (HF_ENDPOINT: string, suffix = '') => {
    const given = args.map((arg) => (arg.startsWith('engine:') ? arg + suffix : arg))
    const { stdout, stderr } = await run(process.execPath, [main, ...given], {
      cwd: folder,
      env: { ...env, HF_ENDPOINT },
    })
    expect(stderr).not.toContain('hf_secret')
    return JSON.parse(stdout)
  }
  const server = await startHubServer({ files: await uploaded('fits'), token: 'hf_secret' })
  const first = await play(server.endpoint)
  expect(first.model).toBe(`engine:hf:owner/name@${server.commit.slice(0, 12)}`)
  expect(first.outcomes.scored).toBe(4)
  await server[Symbol.asyncDispose]()
  expect(server.asked.map(({ path }) => path)).not.toContainEqual(expect.stringContaining('optimizer'))
  expect((await play(server.endpoint)).return).toEqual(first.return)
  const int8 = await play(server.endpoint, '?int8')
  expect(int8.model).toBe(`${first.model}?int8`)
  expect(int8.outcomes.scored).toBe(4)
})

it.each<[what: string, from: string, change: HubServerOptions['files'], sentence: string]>([
  ['kind', 'fits', { 'config.json': Buffer.from('{"model_type": "gpt2"}') }, 'the model type is "gpt2", not "llama"'],
  ['tokenizer', 'small', {}, `the tokenizer's largest id is ${SIZE - 1}`],
])('is refused for its %s before a weight is fetched', async (what, from, change, sentence) => {
  await using server = await startHubServer({ files: { ...(await uploaded(from)), ...change } })
  const args = ['run', 'arithmetic:1', '--model', 'engine:hf:owner/name']
  const env = { ...process.env, LUDUS_CACHE: inside(`refused-${what}`), HF_ENDPOINT: server.endpoint }
  const failed = await run(process.execPath, [main, ...args], { cwd: folder, env }).catch((error) => error)
  expect(failed.code).toBe(2)
  expect(failed.stderr).toContain(sentence)
  expect(server.asked.map(({ path }) => path)).not.toContainEqual(expect.stringContaining('model.safetensors'))
})

it('says that it is being fetched where that takes long, and stops at an interrupt', async () => {
  const files = await uploaded('fits')
  const mischief: HubServerOptions['mischief'] = (path) => (path === 'model.safetensors' ? 'slow' : 'ok')
  await using server = await startHubServer({ files, mischief })
  const env = { ...process.env, LUDUS_CACHE: inside('slow'), HF_ENDPOINT: server.endpoint }
  const args = ['run', 'arithmetic:1', '--model', 'engine:hf:owner/name']
  const child = execFile(process.execPath, [main, ...args], { cwd: folder, env })
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
    if (/fetching hf:owner\/name: \d\.\d of \d\.\d MB/.test(said) && !child.killed) child.kill('SIGINT')
  })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  expect(said).toContain('fetching hf:owner/name was interrupted: the same command goes on from there')
  expect(code).toBe(2)
})
