/**
 * Lumos (Yin et al. 2024): a planner says subgoals in words, a grounder turns them into actions, an executor does these.
 * Once over, all subgoals and then all actions are written before anything is done; iteratively, each with what the last
 * one came to in sight.
 */
import { type Agent, assistant, type Episode, type Message, system, user } from '../core/index.ts'
import { type Action, actionsIn } from './lumos-actions.ts'
import { acted, actionsOffered, execute } from './lumos-executor.ts'

export interface LumosOptions {
  /** Planned one by one, by what the last came to; all at once unless given. */
  readonly iterative?: boolean
  /** Subgoals at most; 64 unless given. */
  readonly subgoals?: number
}

const PLANNER = 'You plan. Break the task down into subgoals in words, a line each:'
const PLANS = {
  onetime: `${PLANNER} 'Subgoal 1: …', 'Subgoal 2: …', and so on to the last, which gives the answer.`,
  iterative: `${PLANNER} say 'Subgoal 1: …' and nothing else. You are told what came of each. Then say 'No, I will keep \
planning. Subgoal 2: …', or 'Yes, I will stop planning.' when the last result is the answer.`,
}
const GROUNDER = `You turn subgoals into actions, a line each: 'R1 = Action(…)', 'R2 = Action(R1, …)'. R1 stands for what \
the first came to. The actions are:`
const STOP = 'yes, i will stop planning'

export function lumos({ iterative = false, subgoals = 64 }: LumosOptions = {}): Agent {
  return {
    id: iterative ? 'lumos:iterative' : 'lumos',
    async play(episode) {
      const work = new Work(episode)
      await (iterative ? oneByOne(work, subgoals) : onceOver(work, subgoals))
      // Whoever has spoken to the world himself has said what he had to say.
      if (!episode.done && work.answer !== undefined) await episode.step(assistant(work.answer))
    },
  }
}

/** A line of the plan for each subgoal; all of a plan that names none. */
function subgoalsIn(plan: string): string[] {
  const named = plan.split('\n').flatMap((line) => {
    const at = line.search(/Subgoal \d+:/)
    return at < 0 ? [] : [line.slice(at).trim()]
  })
  return named.length > 0 || plan.trim() === '' ? named : [`Subgoal 1: ${plan.trim()}`]
}

async function onceOver(work: Work, most: number): Promise<void> {
  const plan = await work.say('planner', [system(PLANS.onetime), ...work.task])
  const planned = subgoalsIn(plan).slice(0, most)
  if (planned.length > 0) await work.ground(planned.join('\n'))
}

async function oneByOne(work: Work, most: number): Promise<void> {
  const talk: Message[] = [system(PLANS.iterative), ...work.task]
  for (let k = 1; k <= most && !work.episode.done; k++) {
    const plan = await work.say('planner', talk)
    const [subgoal] = subgoalsIn(plan)
    if (subgoal === undefined || plan.toLowerCase().includes(STOP)) return
    const result = await work.ground(subgoal)
    talk.push(assistant(plan), user(`The executed result for Subgoal ${k} is ${result}. Should we stop planning?`))
  }
}

/** What is known so far, and how more of it is done. */
class Work {
  readonly episode: Episode
  /** What the world said first. */
  readonly task: readonly Message[]
  /** What the last action came to, where it is an answer that nobody has given yet. */
  answer: string | undefined
  readonly #results = new Map<string, string>()
  readonly #grounding: Message[]

  constructor(episode: Episode) {
    this.episode = episode
    this.task = [...episode.history]
    this.#grounding = [system(`${GROUNDER}\n${actionsOffered(episode)}`), ...this.task]
  }

  async say(seat: 'planner' | 'grounder', messages: readonly Message[]): Promise<string> {
    return (await this.episode.model(seat).complete({ messages })).message.content
  }

  /** Writes the actions for subgoals and does them; what the last comes to. */
  async ground(subgoals: string): Promise<string> {
    this.#grounding.push(user(`Subgoal to be grounded: ${subgoals}`))
    const written = await this.say('grounder', this.#grounding)
    const actions = actionsIn(written)
    let result = ''
    for (const action of actions) if (!this.episode.done) result = await this.#do(action)
    if (actions.length === 0) result = await this.#asWritten(written)
    this.#grounding.push(assistant(written), user(`The executed result is ${result}.`))
    return result
  }

  async #do(action: Action): Promise<string> {
    const result = await execute(this.episode, action, this.#results)
    this.#results.set(action.result, result)
    this.answer = action.name === 'Say' ? undefined : result
    return result
  }

  /** What is no action is said to a world that knows no tools, where saying is all there is. */
  async #asWritten(written: string): Promise<string> {
    this.answer = undefined
    if (!this.episode.observation.tools?.length) return acted(this.episode, assistant(written))
    return `Error: no action was written. The actions are:\n${actionsOffered(this.episode)}`
  }
}
