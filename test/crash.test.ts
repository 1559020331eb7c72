/**
 * A run that is killed at any instant and resumed asks nothing again that was answered, loses no trajectory, doubles
 * none, and ends with the records of a run that nobody killed. Small here; `LUDUS_CRASH=2000x20` episodes and kills in
 * `npm run conformance`.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { random } from '../src/core/index.ts'
import { answered, askedAgain, ended, killed, play, records, requests, runIn, start } from './crash-run.ts'

const [EPISODES = 60, KILLS = 4] = (process.env['LUDUS_CRASH'] ?? '').split('x').flatMap((n) => Number(n) || [])

it('kill -9 costs nothing that was answered, and nothing that was played', { timeout: 1_200_000 }, async () => {
  await ended(start(play('whole', EPISODES)))
  const whole = await records(runIn('whole'))
  expect(whole.length).toBe(EPISODES)

  const path = runIn('killed')
  const rng = random(5)
  const first = requests()
  const known = new Set<number>()
  let [args, repeated] = [play('killed', EPISODES), 0]
  for (let kill = 0; kill <= KILLS; kill++) {
    const before = requests()
    const child = start(args)
    if (kill < KILLS) {
      const target = first + Math.floor(((kill + rng.next()) / KILLS) * EPISODES * 10)
      await killed(child, () => requests() >= target)
    } else await ended(child)
    repeated += askedAgain(known, before)
    for (const seed of answered(path)) known.add(seed)
    args = ['resume', path, '--json']
  }
  expect(known.size).toBeGreaterThan(KILLS)
  expect(repeated).toBe(0)
  expect(await records(path)).toEqual(whole)
  expect(existsSync(join(path, 'journal'))).toBe(false)
})
