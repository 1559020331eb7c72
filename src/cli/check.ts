/** `ludus check <env>`: certify a world and attack its rewards; `ludus check --all`: the whole catalogue. */
import { styleText } from 'node:util'
import { type Certificate, checkEnv } from '../core/index.ts'
import { environments } from '../environments/index.ts'
import { UsageError, usage } from './args.ts'
import { command, common, interruptible, print, sandboxed, world } from './command.ts'
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
    json: common.json,
  },
  async run({ flags, positionals: [name] }) {
    if (flags.all === (name !== undefined)) throw new UsageError('ludus check takes an environment, or --all')
    if (flags.all && flags.data !== undefined) throw new UsageError('ludus check --all takes no --data')
    await using code = await sandboxed(flags.sandbox)
    using signal = interruptible()
    const display = live()
    const certify = async (name: string, tasks = 24): Promise<Certificate> => {
      const spec = await usage(() => openWorld(name, flags.data))
      let done = 0
      return checkEnv(spec, {
        ...{ tasks, signal, sandbox: code.sandbox },
        onPledge: (pledge) => display.update([`${name}, checked: ${pledge.name}`], `${++done} promises checked`),
      })
    }
    if (flags.all) return await catalogue({ certify, display, flags })
    const certificate = await certify(`${name}`, flags.tasks)
    display.end()
    print(certificate, report(certificate), flags)
    return certificate.certified ? 0 : 1
  },
})

interface Catalogue {
  certify(name: string, tasks: number | undefined): Promise<Certificate>
  readonly display: Live
  readonly flags: { readonly tasks: number | undefined; readonly json: boolean }
}

/** Names what it left out: a world that was not tried is not certified. */
async function catalogue({ certify, display, flags }: Catalogue): Promise<number> {
  const all = Object.entries(environments)
  const tried: { name: string; certificate: Certificate; seconds: number }[] = []
  for (const [name, { data, isolation }] of all) {
    if (data !== undefined) continue
    const started = performance.now()
    const certificate = await certify(name, flags.tasks ?? (isolation === 'none' ? undefined : 4))
    const seconds = (performance.now() - started) / 1000
    tried.push({ name, certificate, seconds })
    display.note(`${mark(certificate.certified)} ${name}, ${duration(seconds)}`)
  }
  display.end()
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
  print({ certified, worlds: tried, notTried: left }, text.join('\n'), flags)
  return certified ? 0 : 1
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
