/**
 * Twenty questions with a model as the oracle, in the seat 'oracle': it is told the thing and answers whatever is asked.
 * Whether a guess is right is for the world to say, and an oracle that names the thing is not heard.
 */
import { assistant, defineEnv, type Env, type EnvSpec, type Model, system, user } from '../../core/index.ts'
import { answered, quoted } from '../kit/game-env.ts'
import { type GuessingTable, type GuessingTask, plain, QUESTIONS, readerOf, tasksOf } from './guessing-game.ts'

export interface OracleEnv extends Env {
  readonly solved: boolean
}

/** In characters: a longer question is not put to the oracle. */
const LONGEST = 300
const SILENT = 'I cannot answer that.'

export function oracleGame(table: GuessingTable): EnvSpec<GuessingTask, OracleEnv> {
  const guesses = table.things.map(({ name }) => table.guessOf(name))
  return defineEnv<GuessingTask, OracleEnv>({
    id: `${table.world}:model@1`,
    tasks: (split) => tasksOf(table, split),
    limits: { steps: QUESTIONS },
    make: ({ data }, { model }) =>
      live(asking(table, data.thing, model('oracle')), data.thing, { asked: 0, solved: false }),
    rubric: { success: { weight: 0, score: ({ env }) => (env.solved ? 1 : 0) } },
    solve: ({ data }) => [assistant(table.guessOf(data.thing))],
    guess: (_, chance) => assistant(chance.pick([...table.questions, ...guesses])),
  })
}

interface Past {
  readonly asked: number
  readonly solved: boolean
}

/** What the world says to what the agent said: true where that is the thing. */
type Answering = (said: string) => Promise<string | true> | string | true

function live(
  { rules, answer }: { readonly rules: string; readonly answer: Answering },
  thing: string,
  past: Past,
): OracleEnv {
  let { asked, solved } = past
  return {
    get solved() {
      return solved
    },
    reset: () => ({ messages: [system(rules), user(`${QUESTIONS - asked} questions left.`)] }),
    async step({ content, calls = [] }) {
      asked++
      const says = await answer(content.trim())
      solved = says === true
      const observation = { messages: [...answered(calls), user(says === true ? 'Yes.' : says)] }
      if (solved) return { observation, end: 'terminated' }
      return { observation, reward: -1, ...(asked === QUESTIONS && { end: 'terminated' as const }) }
    },
    fork: () => live({ rules, answer }, thing, { asked, solved }),
    data: () => ({ thing, asked, solved }),
  }
}

function asking(table: GuessingTable, thing: string, model: Model): { rules: string; answer: Answering } {
  const read = readerOf(table)
  const rules = `${table.rules} You have ${QUESTIONS} questions, and a guess is one.`
  return {
    rules,
    answer(said) {
      const { guess } = read(said)
      if (guess !== undefined) return table.things[guess]!.name === thing || 'No.'
      if (said === '' || said.length > LONGEST) return said === '' ? 'That is no question.' : 'That is too long.'
      return oracleSays(table, thing, { model, said })
    },
  }
}

interface Asked {
  readonly model: Model
  readonly said: string
}

async function oracleSays(table: GuessingTable, thing: string, { model, said }: Asked): Promise<string> {
  const { message } = await model.complete({ messages: [system(table.oracle.told(thing)), user(said)] })
  if (table.oracle.yesOrNo) {
    const word = /^\W*(yes|no)\b/i.exec(message.content)?.[1]?.toLowerCase()
    return word === undefined ? SILENT : word === 'yes' ? 'Yes.' : 'No.'
  }
  const says = quoted(message.content.trim(), LONGEST)
  return says === '' || ` ${plain(says)} `.includes(` ${plain(thing)} `) ? SILENT : says
}
