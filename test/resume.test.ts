import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { createEngine } from '../src/engine/index.ts'
import { readSafetensors } from '../src/engine/safetensors.ts'

const config = {
  ...{ vocabulary: 61, width: 48, layers: 2, heads: 4, kvHeads: 2, headWidth: 12, hidden: 96, context: 64 },
  ...{ ropeTheta: 1e4, normEpsilon: 1e-5, tied: false },
}
const folder = await mkdtemp(join(tmpdir(), 'ludus-resume-'))
const at = (name: string): string => join(folder, name)
afterAll(() => rm(folder, { recursive: true }))

/** In a process of its own, which ends before this returns. */
async function train(from: string, [first, end]: readonly [number, number], to: string, kind = ''): Promise<void> {
  const program = join(import.meta.dirname, 'trains-on.ts')
  await promisify(execFile)(process.execPath, [program, at(from), `${first}`, `${end}`, at(to), kind])
}

/** Every tensor of every file in the folder, by 'file: name', as the bits it is made of. */
async function bitsOf(name: string): Promise<Map<string, Buffer>> {
  const files = (await readdir(at(name))).filter((file) => file.endsWith('.safetensors'))
  const tensors = files.map(async (file) =>
    [...(await readSafetensors(join(at(name), file)))].map(
      ([tensor, { data }]) =>
        [`${file}: ${tensor}`, Buffer.from(data.buffer, data.byteOffset, data.byteLength)] as const,
    ),
  )
  return new Map((await Promise.all(tensors)).flat())
}

const differing = (a: ReadonlyMap<string, Buffer>, b: ReadonlyMap<string, Buffer>): string[] =>
  [...a.keys()].filter((name) => !b.get(name)?.equals(a.get(name)!))

describe.each([
  ['a whole model', '', 'model.safetensors: model.layers.1.mlp.up_proj.weight'],
  ['adapters', 'lora', 'adapter_model.safetensors: base_model.model.model.layers.1.mlp.up_proj.lora_B.weight'],
])('training of %s', (_, kind, weight) => {
  it('is the same to the bit, in one process or saved and taken up by another', { timeout: 60_000 }, async () => {
    await using fresh = createEngine(config, { seed: 3, threads: 1 })
    await fresh.save(at('base'))
    await train('base', [0, 20], 'straight', kind)
    await train('base', [0, 10], 'half', kind)
    await train('half', [10, 20], 'resumed')
    const [straight, half, resumed] = [await bitsOf('straight'), await bitsOf('half'), await bitsOf('resumed')]
    const moment = `optimizer.safetensors: second.${weight.split(': ')[1]!.replace('base_model.model.model', 'model')}`
    expect([...straight.keys()]).toEqual(expect.arrayContaining([weight, moment, 'optimizer.safetensors: steps']))
    expect(resumed.size).toBe(straight.size)
    expect(differing(straight, resumed)).toEqual([])
    // And the comparison tells ten steps from twenty, in everything that learns.
    expect(differing(straight, half)).toEqual([...straight.keys()])
  })
})
