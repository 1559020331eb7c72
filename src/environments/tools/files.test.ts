import { describe, expect, it } from 'vitest'
import { assistant, checkEnv, type Host, type Json, rollout, successOf, type Task, textOf } from '../../core/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { differenceOf } from '../kit/state.ts'
import { type Deed, message, stateAfter, use } from '../kit/tool-env.ts'
import { type FilesTask, files } from './files.ts'
import { fillOffice, officeTools } from './office.ts'

const spec = files()
const tasks = [
  ...(spec.tasks('train') as Iterable<Task<FilesTask>>),
  ...(spec.tasks('test') as Iterable<Task<FilesTask>>),
]
const host = { seed: 0, signal: new AbortController().signal } as Host
const finish: Deed = { name: 'finish', arguments: {} }

/** How far the task is done by these deeds. */
async function after(task: Task<FilesTask>, deeds: readonly Deed[]): Promise<number | null> {
  const agent = {
    id: 'deeds',
    play: async (episode: { step(action: ReturnType<typeof message>): Promise<unknown>; readonly done: boolean }) => {
      for (const [i, deed] of deeds.entries()) if (!episode.done) await episode.step(message(deed, i))
    },
  }
  for await (const { trajectories } of rollout(spec, agent, [task], { model: scriptedModel([]) }))
    return successOf(trajectories[0]!)
  return null
}

describe('files', () => {
  it('is certified', async () => {
    const { promises } = await checkEnv(spec)
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('has a ground truth that runs and changes something, in every task', () => {
    expect(tasks.length).toBe(500)
    for (const { data } of tasks) {
      const { office } = fillOffice(data.office)
      let state = office
      // A call that is refused throws.
      for (const deed of data.deeds) if (typeof deed !== 'string') state = use(officeTools, state, deed).state ?? state
      expect(differenceOf(state as never, office as never)).toBeDefined()
    }
  })

  it('takes nothing else for it: not one argument may be another', async () => {
    const changing = new Set(['write', 'move', 'send'])
    let [tried, passed] = [0, 0]
    for (const task of tasks.slice(0, 60)) {
      for (const [i, deed] of task.data.deeds.entries()) {
        if (typeof deed === 'string' || !changing.has(deed.name)) continue
        for (const key of Object.keys(deed.arguments as object)) {
          const value = `${(deed.arguments as Record<string, Json>)[key]}`
          const others = fillOffice(task.data.office).office.people
          const other = key === 'to' && deed.name === 'send' ? others.find((name) => name !== value)! : `${value}1`
          const changed: Deed = { name: deed.name, arguments: { ...(deed.arguments as object), [key]: other } }
          tried++
          passed += (await after(task, [...task.data.deeds.with(i, changed), finish])) ?? 1
        }
      }
    }
    expect([tried > 200, passed]).toEqual([true, 0])
  })

  it('does not mind the order of messages, nor the end of a line, but wants the work finished', async () => {
    const task = tasks.find(
      ({ data }) => data.deeds.filter((deed) => typeof deed !== 'string' && deed.name === 'send').length > 1,
    )!
    const sends = task.data.deeds.filter((deed) => typeof deed !== 'string' && deed.name === 'send')
    const rest = task.data.deeds.filter((deed) => !sends.includes(deed))
    expect(await after(task, [...sends.toReversed(), ...rest, finish])).toBe(1)
    expect(await after(task, [...sends, ...rest])).toBe(0)
    expect(await after(task, [...sends, ...rest, sends[0]!, finish])).toBe(0)
  })

  it('says what is wrong with a call, and changes nothing', async () => {
    const env = await spec.make(tasks[0]!, host)
    const [before, file] = [env.state, Object.keys(env.state.files)[0]!]
    const wrong: [string, Json, RegExp][] = [
      ['read', { path: '/none' }, /no file '\/none'/],
      ['read', { path: 'notes' }, /a path is like/],
      ['read', { path: `/${'x'.repeat(1e6)}` }, /read cannot take that: path: .{0,80}200/],
      ['list', { folder: '/nowhere' }, /no folder/],
      ['write', { path: `${file}/x`, text: '' }, /is a file and no folder/],
      ['write', { path: '/notes', text: '' }, /is a folder/],
      ['write', { path: '/x', text: 'x'.repeat(1e5) }, /text/],
      ['move', { from: file, to: Object.keys(env.state.files)[1]! }, /already/],
      ['send', { to: '__proto__', text: '' }, /nobody called '__proto__'/],
      ['read_message', { id: 'm99' }, /no message 'm99'/],
      ['search_files', { text: '' }, /text/],
      ['send', 'to Ada', /no JSON object/],
    ]
    for (const [name, given, says] of wrong) {
      const { observation, end } = await env.step(message({ name, arguments: given }, 0))
      const said = textOf(observation.messages[0]!)
      expect([said, said.length < 500, env.state === before, end]).toEqual([
        expect.stringMatching(says),
        true,
        true,
        undefined,
      ])
    }
    expect((await env.step(assistant('Done!'))).info).toEqual({ errors: 1 })
  })

  it('has room for so much and no more', () => {
    const many = Array.from(
      { length: 300 },
      (_, i): Deed => ({ name: 'write', arguments: { path: `/x/${i}`, text: 'x' } }),
    )
    const state = stateAfter(officeTools, fillOffice(1).office, many)
    expect(Object.keys(state.files).length).toBe(200)
  })
})
