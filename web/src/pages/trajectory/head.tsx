/** What a trajectory is and what it came to, and what can be done with it. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { RunNow, TrajectoryHead } from '../../../../src/serve/view/wire.ts'
import { type Action, Button, useActions } from '../../actions.tsx'
import { api, get } from '../../api.ts'
import { dollars, duration, fixed, named, plain, short, signed } from '../../format.ts'
import { href, place } from '../../route.ts'
import { lookOf, Outcome, Scrolls, Stat } from '../../ui/parts.tsx'
import { asTest, type Replayable } from './as-test.ts'

interface HeadProps {
  readonly run: RunNow
  readonly head: TrajectoryHead
}

const said = signal('')
/** Nobody reads more of a reason; all of it is in the JSON. */
const LONG_WHY = 2000
const SAID_MS = 2500

export function Head({ run, head }: HeadProps): JSX.Element {
  const { id, outcome, rewards, group, warnings = [] } = head
  const [neighbours, copies] = [waysBeside(run.id, head), copying(run, head)]
  useActions([...neighbours, ...copies])
  // What was said of one is not said of the next.
  useEffect(() => {
    said.value = ''
  }, [id])
  const success = rewards['success']?.value ?? null
  return (
    <header class="trajectory-head">
      <div class="trajectory-title">
        <h2>{plain(id)}</h2>
        <Outcome look={lookOf({ outcome: outcome.kind, success })} />
        <nav class="bar" aria-label={`${group.attempts} attempts at this task`}>
          {group.attempts > 1 && neighbours.map((way) => <Button key={way.id} action={way} class="small" />)}
        </nav>
      </div>
      <Why outcome={outcome} />
      {warnings.length > 0 && (
        <details class="warnings">
          <summary>{warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`}</summary>
          <ul>
            {warnings.map((text, i) => (
              <li key={i}>{plain(text.slice(0, LONG_WHY))}</li>
            ))}
          </ul>
        </details>
      )}
      <Figures run={run} head={head} />
      {Object.keys(rewards).length > 0 && <Rewards rewards={rewards} />}
      <div class="bar copies">
        <span class="quiet">Copy</span>
        {copies.map((action) => (
          <Button key={action.id} action={action} class="small">
            {action.short}
          </Button>
        ))}
        <span role="status" class="quiet">
          {said.value}
        </span>
      </div>
    </header>
  )
}

/** Why there is no score, in the words of whoever said so. */
function Why({ outcome }: Pick<TrajectoryHead, 'outcome'>): JSX.Element | null {
  if (outcome.kind === 'unscored' || outcome.kind === 'over-budget') return <p class="why">{plain(outcome.why)}</p>
  if (outcome.kind !== 'broken') return null
  const { boundary, code, message } = outcome.failure
  return (
    <p class="why error">
      <strong>
        {boundary} broke{code !== undefined && ` (${code})`}:
      </strong>{' '}
      {plain(message)}
    </p>
  )
}

function Figures({ run, head }: HeadProps): JSX.Element {
  const { task, batch } = head.group
  const calls = head.steps.reduce((sum, step) => sum + step.calls.length, head.trailing.length)
  const { promptTokens, completionTokens } = head.usage
  const counted = [...head.steps.flatMap((step) => step.calls), ...head.trailing].some(
    (call) => call.promptTokens !== null,
  )
  const group = href(['run', run.id, 'group'], { task, batch })
  const facts: readonly (readonly [string, JSX.Element | string, string?])[] = [
    ['return', head.outcome.kind === 'scored' ? fixed(head.outcome.return, 3) : '–'],
    ['ended', stops[head.stop]],
    ['steps', short(head.steps.length)],
    ['calls', short(calls)],
    counted
      ? ['tokens', short(promptTokens + completionTokens), `${short(promptTokens)} in, ${short(completionTokens)} out`]
      : ['tokens', calls === 0 ? '0' : 'not counted'],
    ['cost', dollars(head.costUsd)],
    ['time', duration(head.timeMs / 1000)],
    ['task', <a href={group}>{named(task)}</a>, `attempt ${head.attempt + 1} of ${head.group.attempts}`],
    ['world', named(head.env)],
    ['agent', named(head.agent)],
    ['seed', `${head.seed}`],
  ]
  return (
    <dl class="stats">
      {facts.map(([name, value, note]) => (
        <Stat key={name} name={name} value={value} note={note} />
      ))}
    </dl>
  )
}

const stops: Readonly<Record<TrajectoryHead['stop'], string>> = {
  terminated: 'by the world',
  truncated: 'cut short by the world',
  'gave-up': 'given up by the agent',
  steps: 'limit of steps',
  calls: 'limit of calls',
  tokens: 'limit of tokens',
  time: 'limit of time',
  budget: 'budget spent',
  failed: 'something broke',
  cancelled: 'cancelled',
}

function Rewards({ rewards }: Pick<TrajectoryHead, 'rewards'>): JSX.Element {
  return (
    <Scrolls label="Rewards">
      <table class="rewards">
        <thead>
          <tr>
            <th scope="col">reward</th>
            <th scope="col" class="number">
              value
            </th>
            <th scope="col" class="number">
              weight
            </th>
            <th scope="col" class="number wide">
              pays
            </th>
            <th scope="col">why</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(rewards).map(([name, { value, weight, why = '' }]) => (
            <tr key={name}>
              <td class="reward-name">{named(name)}</td>
              <td class="number">{value === null ? 'not judged' : fixed(value, 3)}</td>
              <td class="number">{weight === 0 ? 'metric' : fixed(weight, 2)}</td>
              <td class="number wide">{value === null || weight === 0 ? '–' : signed(value * weight)}</td>
              <td class="reward-why">{plain(why.slice(0, LONG_WHY))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolls>
  )
}

function waysBeside(run: string, { group }: TrajectoryHead): Action[] {
  const { view } = place.value.query
  const way = (id: string | null): Pick<Action, 'to' | 'not'> =>
    id === null
      ? { not: 'there is none' }
      : { to: href(['run', run, 'trajectory'], { id, view: view === 'tokens' ? view : null }) }
  return [
    { id: 'previous-attempt', title: 'Previous attempt', key: '[', ...way(group.previous) },
    { id: 'next-attempt', title: 'Next attempt', key: ']', ...way(group.next) },
  ]
}

/** The short name is for a row of buttons that says "Copy" at its head. */
interface Copying extends Action {
  readonly short: string
}

function copying({ id: run, env, settings }: RunNow, { id, commands, env: world }: TrajectoryHead): Copying[] {
  const raw = (): Promise<Replayable> => get<Replayable>(api(['runs', run, 'raw'], { id }))
  const data = typeof settings['data'] === 'string' ? settings['data'] : undefined
  const isFile = /\.[mc]?[jt]s$/.test(env)
  return [
    {
      id: 'copy-json',
      title: 'Copy as JSON',
      short: 'JSON',
      run: async () => copy('JSON', JSON.stringify(await raw(), null, 2)),
    },
    {
      id: 'copy-test',
      title: 'Copy as a test',
      short: 'test',
      not: isFile && `${world} is not one of the package's worlds`,
      run: async () => copy('test', asTest(await raw(), { run, name: env, ...(data !== undefined && { data }) })),
    },
    { id: 'copy-url', title: 'Copy the address', short: 'address', run: () => copy('address', location.href) },
    ...commands.map(
      ({ about, text }, i): Copying => ({
        id: `copy-command-${i}`,
        title: `Copy the command that ${about}`,
        short: `command that ${about}`,
        run: () => copy(text, text),
      }),
    ),
  ]
}

async function copy(what: string, text: string): Promise<void> {
  await navigator.clipboard.writeText(text).catch(() => {
    throw new Error('the browser does not let this page copy')
  })
  said.value = `copied: ${what}`
  setTimeout(() => (said.value = ''), SAID_MS)
}
