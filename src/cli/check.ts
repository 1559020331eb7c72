/**
 * `ludus check <env>`: certify a world and attack its rewards; `ludus check --all`: the whole catalogue. Either leaves a
 * run, with the certificates as its result, and in its store the trajectories behind every promise that is broken.
 */
import { styleText } from 'node:util'
import { type Certificate, checkEnv, type EnvSpec, type Pledge } from '../core/index.ts'
import { createRun, type Run } from '../data/index.ts'
import { environments } from '../environments/index.ts'
import { UsageError, usage } from './args.ts'
import { command, common, interruptible, print, recorded, sandboxed, world } from './command.ts'
import { type Live, live } from './live.ts'
import { openWorld } from './open-world.ts'
import { duration, table } from './table.ts'

export const check = command({
  about: 'certify a world and attack its rewards',
  positionals: ['env?'],
  flags: {
    all: { type: 'switch', help: 'every world there is, save those that are read from a folder of yours' },
    tasks: { type: 'count', help: 'tasks tried of each split (24; 4 with --all where a world opens sandboxes)' },
    ...world,
    runs: common.runs,
    json: common.json,
  },
  async run({ flags, positionals: [name] }) {
    if (flags.all === (name !== undefined)) throw new UsageError('ludus check takes an environment, or --all')
    if (flags.all && flags.data !== undefined) throw new UsageError('ludus check --all takes no --data')
    const spec = name === undefined ? undefined : await usage(() => openWorld(name, flags.data))
    await using code = await sandboxed(flags.sandbox)
    using signal = interruptible()
    const asked = { command: 'check', env: name ?? 'all', settings: { ...flags } }
    await using run = createRun(flags.runs, { ...asked, ...(spec && { world: spec.id }) })
    const display = live()
    const certify: Certify = (spec, { name, tasks = 24, sofar, ...within }) => {
      const promises: Pledge[] = []
      return checkEnv(spec, {
        ...{ tasks, signal, sandbox: code.sandbox, ...within },
        onPledge(pledge) {
          promises.push(pledge)
          display.update([`${name}, checked: ${pledge.name}`], `${promises.length} promises checked`)
          run.update({ result: sofar({ env: spec.id, promises }) })
        },
        onEvidence: (trajectory) => run.store.add(trajectory),
      })
    }
    const started = performance.now()
    const work = spec
      ? () => certify(spec, { name: `${name}`, tasks: flags.tasks, sofar: (known) => known }).then(one)
      : () => catalogue({ certify, display, tasks: flags.tasks })
    const { result, text } = await recorded(run, work, signal).finally(display.end)
    const seconds = (performance.now() - started) / 1000
    const whole = { ...result, run: run.path, seconds }
    run.update({ state: 'done', seconds, result: whole })
    print(whole, `${text}\n${whereabouts(run)}`, flags)
    return result.certified ? 0 : 1
  },
})

/** What is printed of it, for programs and for people. */
interface Checked {
  readonly result: Certificate | Certificates
  readonly text: string
}

interface Certificates {
  readonly certified: boolean
  readonly worlds: readonly Tried[]
  readonly notTried: readonly string[]
}

interface Tried {
  readonly name: string
  readonly certificate: Certificate
  readonly seconds: number
}

interface Trying {
  /** What it is called on the command line. */
  readonly name: string
  readonly tasks: number | undefined
  /** Goes before the batches of its evidence. */
  readonly batch?: string
  /** The run's result until there is another, of the promises that are checked. */
  sofar(known: Omit<Certificate, 'certified'>): unknown
}
type Certify = (spec: EnvSpec, trying: Trying) => Promise<Certificate>

const one = (result: Certificate): Checked => ({ result, text: report(result) })

const whereabouts = ({ path, store }: Run): string => {
  const [first] = store.rows({}, 1)
  return `the run lies in ${path}${first ? `; see why with: ludus show ${path}/${first.id}` : ''}`
}

interface Catalogue {
  readonly certify: Certify
  readonly display: Live
  readonly tasks: number | undefined
}

/** Names what it left out: a world that was not tried is not certified. */
async function catalogue({ certify, display, tasks }: Catalogue): Promise<Checked> {
  const all = Object.entries(environments)
  const tried: Tried[] = []
  for (const [name, { data, isolation }] of all) {
    if (data !== undefined) continue
    const started = performance.now()
    const certificate = await certify(await openWorld(name), {
      ...{ name, batch: name, tasks: tasks ?? (isolation === 'none' ? undefined : 4) },
      sofar: (known) => ({ worlds: [...tried, { name, certificate: known }] }),
    })
    const seconds = (performance.now() - started) / 1000
    tried.push({ name, certificate, seconds })
    display.note(`${mark(certificate.certified)} ${name}, ${duration(seconds)}`)
  }
  const left = all.flatMap(([name, { data }]) => (data === undefined ? [] : [name]))
  const certified = tried.every((one) => one.certificate.certified)
  const rows = tried.map(({ name, certificate: { certified, promises }, seconds }) => {
    const of = (verdict: string): string => `${promises.filter((promise) => promise.verdict === verdict).length}`
    return [name, mark(certified), of('kept'), of('broken'), of('unchecked'), duration(seconds)]
  })
  const broken = tried.flatMap(({ name, certificate }) => whys(certificate, ['broken']).map((why) => `${name}: ${why}`))
  const text = [
    table([['world', '', 'kept', 'broken', 'unchecked', 'time'], ...rows]),
    ...broken,
    `${tried.filter((one) => one.certificate.certified).length} of ${tried.length} worlds are certified`,
    `not tried, for they are read from a folder of yours: ${left.join(', ')}`,
  ]
  return { result: { certified, worlds: tried, notTried: left }, text: text.join('\n') }
}

const mark = (good: boolean): string => (good ? styleText('green', '✓') : styleText('red', '✗'))

const LOOKS = { kept: ['✓', 'green'], broken: ['✗', 'red'], unchecked: ['-', 'dim'] } as const

function verdictOf(verdict: keyof typeof LOOKS): string {
  const [mark, colour] = LOOKS[verdict]
  return styleText(colour, `${mark} ${verdict}`)
}

const whys = ({ promises }: Certificate, wanted: readonly (keyof typeof LOOKS)[]): string[] =>
  promises.flatMap(({ verdict, name, why }) =>
    why && wanted.includes(verdict) ? [`${verdictOf(verdict)}: ${name}: ${why}`] : [],
  )

function report(certificate: Certificate): string {
  const { promises, certified, env } = certificate
  const rows = promises.map(({ name, verdict, figure }) => [name, verdictOf(verdict), figure])
  const lines = [table([['promise', 'verdict', 'figure'], ...rows]), '', ...whys(certificate, ['broken', 'unchecked'])]
  return `${lines.join('\n')}\n\n${env} ${certified ? 'is certified' : 'is NOT certified'}`
}
