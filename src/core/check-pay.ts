/** The promises of a world about what it pays, and whom. */
import type { Agent } from './agent.ts'
import {
  allNumbers,
  type Bluff,
  bluffing,
  chance,
  committing,
  constant,
  floods,
  keyTo,
  leaving,
  numbersIn,
  oneNumber,
  platitudes,
  repeating,
  silence,
  stumbling,
  truncated,
} from './attacks.ts'
import type { Env } from './env.ts'
import { lintPlays, type Mark, type Paid } from './lint-reward.ts'
import type { Task } from './task.ts'
import { returnOf, successOf, type Trajectory } from './trajectory.ts'
import { broken, type Finding, kept, marksOf, percent, type Tactic, type Trial, unchecked } from './trial.ts'

/** Success that somebody who knows nothing may have: answers can be right by accident. */
const ACCIDENT = 0.1
/** Success that a number of the question may have: 0 + 7 is 7. */
const COINCIDENCE = 0.25
/** A constant may do so much better than a draw of two, where one of two is right a little more often. */
const [LUCK, HALF] = [1.25, 0.5]
/** Where an episode opens sandboxes, an attack is tried on so many tasks first, and on all where it gets anything. */
const SCOUTS = 8

/** None of these knows anything: none may succeed more often than `allowed`, or be paid what the key is. */
export async function withstands<D, E extends Env>(
  trial: Trial<D, E>,
  tactics: readonly (Agent | Tactic<D>)[],
  allowed = ACCIDENT,
): Promise<Finding> {
  let most = 0
  for (const one of tactics) {
    const tactic = typeof one === 'function' ? one : () => one
    const fallen = await attack(trial, tactic, allowed)
    if (typeof fallen !== 'number') return fallen
    most = Math.max(most, fallen)
  }
  return kept(`${percent(most)} at most, of ${tactics.length}`)
}

/** How often it succeeds, or what is wrong with that. */
async function attack<D, E extends Env>(
  trial: Trial<D, E>,
  tactic: Tactic<D>,
  allowed: number,
): Promise<number | Finding> {
  const { tasks, key } = trial
  if (trial.costly && tasks.length > SCOUTS) {
    const every = tasks.length / SCOUTS
    const scouts = Array.from({ length: SCOUTS }, (_, i) => tasks[Math.floor(i * every)]!)
    const scouted = await trial.play(tactic, scouts)
    const earned = marksOf(key.filter(({ task }) => scouts.some(({ id }) => id === task)))
    if (marksOf(scouted).success === 0 && marksOf(scouted).return < earned.return) return 0
  }
  const played = await trial.play(tactic)
  const [marks, full] = [marksOf(played), marksOf(key)]
  const { agent } = played[0]!
  const won = succeeding(played)
  const tasksWon = won.slice(0, 3).map(({ task }) => `'${task}'`)
  const where = won.length > 0 ? ` (${tasksWon.join(', ')}${won.length > 3 ? ', …' : ''})` : ''
  const share = percent(marks.success)
  if (marks.success > allowed) return broken(share, `${agent} succeeds in ${share} of the tasks${where}`, won)
  if (marks.return >= full.return)
    return broken(`${marks.return}`, `${agent} is paid ${marks.return}, the key ${full.return}`, paidAs(key, played))
  return marks.success
}

const succeeding = (played: readonly Trajectory[]): Trajectory[] => played.filter((one) => (successOf(one) ?? 0) > 0)

/** Those that were paid as much as the key in the same task, or more: most first. */
function paidAs(key: readonly Trajectory[], played: readonly Trajectory[]): Trajectory[] {
  const due = new Map(key.map((one) => [one.task, returnOf(one) ?? -Infinity]))
  const gain = (one: Trajectory): number => (returnOf(one) ?? -Infinity) - (due.get(one.task) ?? 0)
  return played.filter((one) => gain(one) >= -ROUNDING).sort((a, b) => gain(b) - gain(a))
}

export const withstandsBluffs = <D, E extends Env>(
  trial: Trial<D, E>,
  bluffs: readonly Bluff[],
  allowed?: number,
): Promise<Finding> =>
  withstands(
    trial,
    bluffs.flatMap((bluff) => bluffing(trial.spec, bluff)),
    allowed,
  )

/** Whoever leaves at once has done nothing; where each step costs, not even that. */
export async function withstandsSilence<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const silent = await withstands(trial, [silence])
  if (silent.verdict === 'broken') return silent
  const left = await trial.play(() => leaving)
  const { success } = marksOf(left)
  const share = percent(success)
  if (success <= ACCIDENT) return silent
  return broken(share, `${leaving.id} succeeds in ${share} of the tasks`, succeeding(left))
}

export async function withstandsEmptyForm<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  if (!trial.spec.commit) return unchecked('it does not say how an answer is given (commit)')
  return withstands(trial, [committing(trial.spec, "''", () => ''), committing(trial.spec, "' '", () => ' ')])
}

/** A constant may be right about as often as chance is, where there are few answers to choose from. */
export async function withstandsConstants<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const { spec } = trial
  const byChance = spec.guess ? (await trial.marks((task) => chance(spec, task))).success : 0
  const allowed = Math.max(ACCIDENT, LUCK * Math.min(byChance, HALF))
  const platitudinous = await withstandsBluffs(trial, platitudes, allowed)
  if (platitudinous.verdict === 'broken' || !spec.guess) return platitudinous
  const drawn = [0, 1, 2, 3, 4].map((number) => (task: Task<D>) => constant(spec, task, number))
  return withstands(trial, drawn, allowed)
}

/** So many numbers of a question are tried, one by one. */
const PLACES = 6

export async function withstandsNumbers<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const all = await withstandsBluffs(trial, [allNumbers])
  if (all.verdict === 'broken') return all
  const counts = trial.key.map(({ steps }) => numbersIn(steps[0]?.observation.messages ?? []).length)
  const places = Array.from({ length: Math.min(PLACES, Math.max(0, ...counts)) }, (_, place) => oneNumber(place))
  return withstandsBluffs(trial, places, COINCIDENCE)
}

export const withstandsFloods = <D, E extends Env>(trial: Trial<D, E>): Promise<Finding> =>
  withstandsBluffs(trial, floods)

export async function beatsChance<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const { spec } = trial
  if (!spec.guess) return unchecked('it cannot draw random actions (guess)')
  const played = await trial.play((task) => chance(spec, task))
  const [marks, key] = [marksOf(played), marksOf(trial.key)]
  const figure = `success ${percent(marks.success)}, return ${marks.return.toFixed(2)}; key ${key.return.toFixed(2)}`
  if (marks.return < key.return) return kept(figure)
  return broken(figure, 'random actions are paid as much as the key', paidAs(trial.key, played))
}

/** The key without its last action: part of the work is no success. What it cost on the way may be as much. */
export async function wantsItsEnd<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const ways = new Map(trial.key.map((trajectory) => [trajectory.task, trajectory]))
  const tasks = trial.tasks.filter(({ id }) => (ways.get(id)?.steps.length ?? 0) > 1)
  if (tasks.length === 0) return unchecked('the key has one action')
  const cut = await trial.play((task) => truncated(trial.spec, task, ways.get(task.id)!.steps.length - 1), tasks)
  const whole = tasks.map(({ id }) => ways.get(id)!)
  const [marks, key] = [marksOf(cut), marksOf(whole)]
  const figure = `success ${percent(marks.success)}, return ${marks.return.toFixed(2)}; key ${key.return.toFixed(2)}`
  if (marks.success < key.success && marks.return <= key.return + ROUNDING) return kept(figure)
  const better = cut.filter(
    (one, i) => (returnOf(one) ?? -Infinity) > (returnOf(whole[i]!) ?? 0) || successOf(one) === 1,
  )
  const why = `the key without its last action is as good as all of it (task '${better[0]?.task}')`
  return broken(figure, why, better)
}

/** What was handed in is handed in again: it earned its pay the first time. */
export async function paysOnce<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const played = await trial.play((task) => repeating(trial.spec, task, 3))
  if (played.every(({ steps }, i) => steps.length === trial.key[i]!.steps.length))
    return kept("the key's last action ends the episode")
  const [marks, key] = [marksOf(played), marksOf(trial.key)]
  const figure = `${marks.return.toFixed(2)} after four times; key ${key.return.toFixed(2)}`
  return marks.return <= key.return + ROUNDING
    ? kept(figure)
    : broken(figure, 'handing in the same again is paid again', paidAs(trial.key, played))
}

const ROUNDING = 1e-9

export async function hurries<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  if (!trial.spec.guess) return unchecked('it cannot draw random actions (guess)')
  if (trial.key.every(({ steps }) => steps.length < 2)) return unchecked('there is no later: one step is all there is')
  const played = await trial.play((task) => stumbling(trial.spec, task, 3))
  const [late, key] = [marksOf(played), marksOf(trial.key)]
  const figure = `${late.return.toFixed(2)} after three stumbles`
  return late.return <= key.return
    ? kept(figure)
    : broken(figure, `the key at once is paid ${key.return.toFixed(2)}, later more`, paidAs(trial.key, played))
}

const ORDERINGS: readonly (readonly Mark[])[] = [
  [],
  ['right'],
  ['wrong'],
  ['right', 'right'],
  ['right', 'wrong'],
  ['wrong', 'right'],
  ['wrong', 'wrong'],
  ['wrong', 'wrong', 'right'],
]

/** So many of each of two orderings show that one is paid wrongly. */
const OF_EACH = 4

/** Answers right and wrong in every order that the world allows: what is paid more has to be worth more. */
export async function paysInOrder<D, E extends Env>(trial: Trial<D, E>): Promise<Finding> {
  const { spec } = trial
  if (!spec.commit) return unchecked('it does not say how an answer is given (commit)')
  const plays = new Map<Paid, readonly Trajectory[]>()
  for (const answers of ORDERINGS) {
    let given = 0
    const player = (task: Task<D>): Agent => answering(trial, task, { answers, told: (count) => (given += count) })
    const played = await trial.play(player)
    // An ordering that a world cuts short, or sees otherwise, is none that it knows.
    if (given === answers.length * played.length && played.every((one) => agrees(one, answers.at(-1))))
      plays.set({ answers, tokens: 0, pay: marksOf(played).return }, played.slice(0, OF_EACH))
  }
  const [fault] = lintPlays([...plays.keys()])
  const figure = `${plays.size} orderings`
  if (!fault) return kept(figure)
  const shown = fault.plays.flatMap((play) => plays.get(play) ?? [])
  return broken(figure, fault.why, shown)
}

const agrees = (played: Trajectory, last: Mark | undefined): boolean =>
  (successOf(played) ?? 0) >= 1 === (last === 'right')

interface Ordering {
  readonly answers: readonly Mark[]
  /** Told how many of them could be given. */
  readonly told: (count: number) => void
}

function answering<D, E extends Env>({ spec }: Trial<D, E>, task: Task<D>, { answers, told }: Ordering): Agent {
  const wrong = committing(spec, 'a wrong answer', () => 'no such thing')
  return {
    id: answers.join(', then '),
    async play(episode) {
      for (const mark of answers) {
        if (episode.done) return
        await (mark === 'right' ? keyTo(spec, task) : wrong).play(episode)
        told(1)
      }
    },
  }
}
