/** `ludus resume <run>`: goes on with a run that was cut off, at the call that it was cut off in. */
import { openRun, type Run } from '../data/index.ts'
import { type Flag, UsageError, usage } from './args.ts'
import { command, common } from './command.ts'
import { openPlay, type PlayFlags, playFlags, playInto } from './play.ts'

/** As `ludus run` has them, and none of them set: what is not given stays as it was. */
const given = Object.fromEntries(
  Object.entries(playFlags as Readonly<Record<string, Flag>>).map(([name, { default: _, ...flag }]) => [name, flag]),
)

/** What may change without changing what comes out. */
const FREE: ReadonlySet<string> = new Set([
  'concurrency',
  'timeout',
  'run-timeout',
  'call-timeout',
  'tries',
  'price',
  'budget-usd',
  'budget-usd-day',
  'budget-usd-group',
  'budget-usd-episode',
  'budget-usd-call',
  'budget-tokens',
  'rpm',
  'tpm',
  'runs',
  'json',
  'sandbox',
  'executor',
  'workers',
  'listen',
])

export const resume = command({
  about: 'go on with a run that was cut off: nothing that was answered is asked again',
  positionals: ['run'],
  flags: {
    ...given,
    runs: common.runs,
    json: common.json,
    accept: { type: 'switch', help: 'go on although settings that change the results are others now' },
    again: { type: 'switch', help: 'play episodes anew that were broken or over their budget' },
  },
  async run({ flags, positionals: [where] }) {
    await using folder = await usage(() => openRun(`${where}`, `${flags.runs}`, { write: true }))
    const { manifest } = folder
    if (manifest.command !== 'run')
      throw new UsageError(
        `'${folder.id}' is a run of ludus ${manifest.command}: ludus resume goes on with those of ludus run`,
      )
    const changes = Object.entries(flags).filter(
      ([name, value]) => name in given && name !== 'runs' && value !== undefined,
    )
    const settings = { ...manifest.settings, ...Object.fromEntries(changes) } as unknown as PlayFlags
    const play = await openPlay(manifest.env, settings)
    await using _player = play.player
    const others = differences(folder, { ...settings, world: play.spec.id })
    for (const line of others.all) process.stderr.write(`${line}\n`)
    if (others.grave && !flags.accept)
      throw new UsageError(`that changes the results of '${folder.id}': --accept goes on with it all the same`)
    for (const outcome of ['cancelled', ...(flags.again ? (['broken', 'over-budget'] as const) : [])] as const)
      folder.store.remove({ outcome })
    folder.update({ state: 'running', world: play.spec.id, settings: { ...settings } })
    return await playInto(folder, play)
  },
})

/** Where the settings differ from those that the run was begun with, and whether one of them changes what comes out. */
function differences(
  folder: Run,
  now: Readonly<Record<string, unknown>>,
): { readonly all: string[]; readonly grave: boolean } {
  const { settings, world } = folder.manifest
  const then: Readonly<Record<string, unknown>> = { ...settings, world: world ?? now['world'] }
  const changed = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter(
    (name) => JSON.stringify(then[name]) !== JSON.stringify(now[name]),
  )
  const show = (value: unknown): string => (value === undefined ? 'not given' : JSON.stringify(value))
  const all = changed
    .filter((name) => name !== 'json')
    .map((name) => `${name}: was ${show(then[name])}, is ${show(now[name])}`)
  return { all, grave: changed.some((name) => !FREE.has(name)) }
}
