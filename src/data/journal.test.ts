import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { asking, counting } from '../../test/worlds.ts'
import { type Completion, type Episode, type JournalCall, type Model, rollout, user } from '../core/index.ts'
import { openJournal } from './journal.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-journal-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const path = (): string => join(folder, `${files++}`)

const call = (episode: string, number: number, text = 'hello'): JournalCall => ({
  episode,
  call: `${number}`,
  model: 'm',
  request: { messages: [user(text)], sampling: { seed: number } },
})
const answer = (text: string) => ({
  completion: { message: { role: 'assistant', content: text }, finish: 'stop' } as Completion,
  timeMs: 3,
})
const none = () => false

/** A journal of ten answers in two episodes. */
async function written(): Promise<string> {
  const file = path()
  await using journal = await openJournal(file, none)
  await Promise.all(Array.from({ length: 10 }, (_, i) => journal.record(call(`e${i % 2}`, i), answer(`é${i}`))))
  return file
}

describe('the journal', () => {
  it('remembers what was asked and answered, once it says so', async () => {
    const file = await written()
    await using journal = await openJournal(file, none)
    expect(journal.held).toBe(10)
    expect(journal.recall(call('e1', 3))).toEqual(answer('é3'))
    expect(journal.recall(call('e1', 3, 'hullo'))).toBe('other')
    expect([journal.recall(call('e1', 4)), journal.recall(call('e2', 3))]).toEqual([undefined, undefined])
    expect(journal.recalled).toBe(1)
    journal.forget('e1')
    expect(journal.recall(call('e1', 3))).toBe(undefined)
  })

  it('leaves out what a crash tore off, wherever it was torn, and goes on after it', async () => {
    const whole = readFileSync(await written())
    const ends = [...whole.entries()].flatMap(([i, byte]) => (byte === 10 ? [i + 1] : []))
    for (const cut of [0, 1, 8, 9, 40, ends[0]! - 1, ends[0]!, ends[4]! + 5, whole.length - 1]) {
      const file = path()
      writeFileSync(file, whole)
      truncateSync(file, cut)
      {
        await using journal = await openJournal(file, none)
        expect(journal.held).toBe(ends.filter((end) => end <= cut).length)
        await journal.record(call('late', 0), answer('later'))
      }
      await using again = await openJournal(file, none)
      expect(again.recall(call('late', 0))).toEqual(answer('later'))
    }
  })

  it('loses a line that was tampered with, and no other', async () => {
    const file = await written()
    const text = readFileSync(file, 'utf8').replace('é4', 'è4')
    writeFileSync(file, text)
    appendFileSync(file, 'nonsense\n')
    await using journal = await openJournal(file, none)
    expect([journal.held, journal.recall(call('e0', 4))]).toEqual([9, undefined])
    expect(journal.recall(call('e1', 5))).toEqual(answer('é5'))
  })

  it('drops what is finished, and the newer of two answers counts', async () => {
    const file = await written()
    {
      await using journal = await openJournal(file, (episode) => episode === 'e0')
      expect(journal.held).toBe(5)
      await journal.record(call('e1', 3, 'other'), answer('new'))
    }
    await using again = await openJournal(file, none)
    expect([again.held, again.recall(call('e1', 3, 'other'))]).toEqual([5, answer('new')])
  })

  it('says why it cannot be had', async () => {
    await expect(openJournal(join(folder, 'no', 'where'), none)).rejects.toThrow('the journal')
  })
})

describe('a rollout with a journal', () => {
  const tasks = [{ id: 't', data: { target: 3 } }]
  const says = (texts: readonly string[]): Model & { asked: number } => {
    const model = {
      id: 'says',
      asked: 0,
      complete: async () => ({
        message: { role: 'assistant' as const, content: texts[model.asked++]! },
        finish: 'stop' as const,
      }),
    }
    return model
  }
  const play = async (model: Model, file: string) => {
    await using journal = await openJournal(file, none)
    const [group] = await Array.fromAsync(rollout(counting(), asking, tasks, { model, journal }))
    return group!.trajectories[0]!
  }

  it('asks nothing that was answered, and plays the same', async () => {
    const file = path()
    const first = await play(says(['tick', 'tock', 'tick']), file)
    const model = says([])
    const again = await play(model, file)
    expect(model.asked).toBe(0)
    expect(again.steps).toEqual(first.steps)
    expect(first.outcome.kind).toBe('scored')
  })

  it('goes on live where the world is another than it was, and says so on the trajectory', async () => {
    const file = path()
    await play(says(['tick', 'tock', 'tick']), file)
    const model = says(['tick', 'tock', 'tick'])
    await using journal = await openJournal(file, none)
    const [group] = await Array.fromAsync(
      rollout(counting(), asking, tasks, { model, journal, sampling: { temperature: 0.5 } }),
    )
    expect(model.asked).toBe(3)
    expect(group?.trajectories[0]?.warnings).toEqual([expect.stringContaining('departed from the record at call 0')])
  })

  it('ends the run where the journal fails, even where the agent looks away', async () => {
    const failing = { recall: () => undefined, record: () => Promise.reject(new Error('the disk is full')) }
    const deaf = {
      id: 'deaf',
      play: async (episode: Episode) => {
        await episode
          .model()
          .complete({ messages: [] })
          .catch(() => {})
      },
    }
    const run = rollout(counting(), deaf, tasks, { model: says(['tick']), journal: failing })
    await expect(Array.fromAsync(run)).rejects.toThrow('the disk is full')
  })
})
