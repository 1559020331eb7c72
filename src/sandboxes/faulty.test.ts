import { expect, it } from 'vitest'
import { faultySandboxes, type SandboxFault } from './faulty.ts'
import { openSandboxes } from './open-sandboxes.ts'

const never = new AbortController().signal
const opened = (fault: SandboxFault, rate: number, seed = 0) => {
  const all = openSandboxes('shell')
  const open = faultySandboxes((spec, signal) => all.open(spec, signal), {
    rates: { [fault]: rate },
    delayMs: 60,
    seed,
  })
  return { open, [Symbol.asyncDispose]: () => all[Symbol.asyncDispose]() }
}
const spec = { language: 'shell' } as const

it('fails, drops and delays', async () => {
  await using failing = opened('fail', 1)
  await expect(failing.open(spec, never)).rejects.toThrow('the sandbox met a fault: open failed')
  await using dropping = opened('drop', 1)
  await expect(dropping.open(spec, AbortSignal.timeout(50))).rejects.toThrow('timeout')
  await using delaying = opened('delay', 1)
  const started = performance.now()
  await using sandbox = await delaying.open(spec, never)
  expect((await sandbox.exec('echo $((1 + 1))')).stdout).toBe('2\n')
  expect(performance.now() - started).toBeGreaterThan(100)
})

it('meets faults at the rate it is told, and is whole between them', async () => {
  await using half = opened('fail', 0.5, 4)
  const said: string[] = []
  for (let i = 0; i < 14; i++) {
    try {
      await using sandbox = await half.open(spec, never)
      said.push((await sandbox.exec('echo $((6 * 7))')).stdout)
    } catch (error) {
      said.push((error as Error).message)
    }
  }
  const count = (text: string): number => said.filter((one) => one.includes(text)).length
  expect(count('open failed') + count('exec failed') + count('42')).toBe(14)
  expect([count('open failed'), count('exec failed'), count('42')].every((n) => n >= 1)).toBe(true)
})
