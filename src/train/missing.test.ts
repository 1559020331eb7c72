import { describe, expect, it } from 'vitest'
import { asking, type CountTask, counting, word } from '../../test/worlds.ts'
import { type Group, type Model, ModelError, rollout, type Task } from '../core/index.ts'
import { gather } from './evaluate.ts'
import { missingPolicy, regain } from './missing.ts'

const tasks: Task<CountTask>[] = ['a', 'b'].map((id) => ({ id, data: { target: 2 } }))

/** Counts, save that its first so many answers are failures of the provider. */
function failing(failures: number): Model {
  let asked = 0
  return {
    id: 'failing',
    async complete({ messages }) {
      if (asked++ < failures) throw new ModelError('server', 'down')
      const turn = messages.filter(({ role }) => role === 'assistant').length
      return { message: { role: 'assistant', content: word(turn) }, finish: 'stop' }
    },
  }
}

async function played(failures: number, policy: 'drop' | 'retry' | 'wait') {
  const options = { model: failing(failures), attempts: 3, concurrency: 1 }
  const play = async (wanted: readonly Task<CountTask>[], finished?: (id: string) => boolean) =>
    gather(rollout(counting(), asking, wanted, { ...options, ...(finished && { finished }) }), wanted)
  const { groups, playedAgain } = await regain(await play(tasks), { policy, signal: undefined, play })
  return { kinds: groups.map(kindsOf), playedAgain }
}
const kindsOf = ({ trajectories }: Group): string[] => trajectories.map(({ outcome }) => outcome.kind)
const scored = ['scored', 'scored', 'scored']

describe('attempts that broke', () => {
  it('are dropped: nothing is played again, and nothing is scored 0', async () => {
    expect(await played(2, 'drop')).toEqual({ kinds: [['broken', 'broken', 'scored'], scored], playedAgain: 0 })
  })

  it('are played again, alone, in their places, twice at the most', async () => {
    expect(await played(2, 'retry')).toEqual({ kinds: [scored, scored], playedAgain: 2 })
    expect(await played(5, 'retry')).toEqual({ kinds: [scored, scored], playedAgain: 5 })
    const gone = await played(1000, 'retry')
    expect([gone.kinds.flat().filter((kind) => kind === 'broken').length, gone.playedAgain]).toEqual([6, 12])
  })

  it('are waited for', async () => {
    expect(await played(6 + 6, 'wait')).toEqual({ kinds: [scored, scored], playedAgain: 12 })
  })

  it('are met with a policy that there is', () => {
    expect(missingPolicy('wait')).toBe('wait')
    expect(() => missingPolicy('hope')).toThrow("drop, retry, wait, not 'hope'")
  })
})
