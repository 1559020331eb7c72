/** `ludus envs [area]`: what worlds there are. */
import type { EnvSpec } from '../core/index.ts'
import { type Catalogued, environments } from '../environments/index.ts'
import { UsageError } from './args.ts'
import { command, common, print } from './command.ts'
import { live } from './live.ts'
import { table } from './table.ts'

export const envs = command({
  about: 'what worlds there are, with sizes, isolation and licence',
  positionals: ['area?'],
  flags: { json: common.json },
  async run({ flags, positionals: [area] }) {
    const areas = [...new Set(Object.values(environments).map((entry) => entry.area))]
    if (area !== undefined && !areas.includes(area))
      throw new UsageError(`there is no area '${area}': there are ${areas.join(', ')}`)
    const chosen = Object.entries(environments).filter(([, entry]) => area === undefined || entry.area === area)
    const display = live()
    const result: Listed[] = []
    for (const [name, { open, ...entry }] of chosen) {
      const line = `counting tasks: ${result.length} of ${chosen.length} worlds`
      display.update([line], line)
      // What is read from a user's folder is not here to be counted.
      const spec = entry.data === undefined ? open(undefined) : undefined
      const sizes = spec && { id: spec.id, train: await count(spec, 'train'), test: await count(spec, 'test') }
      result.push({ name, ...entry, ...sizes })
    }
    display.end()
    const rows = result.map((e) => [
      e.name,
      e.area,
      `${e.train ?? '-'}`,
      `${e.test ?? '-'}`,
      e.isolation,
      e.source,
      e.about,
    ])
    const text = table([['name', 'area', 'train', 'test', 'isolation', 'source', 'about'], ...rows])
    const variants = result.flatMap(({ name, argument }) => (argument === '' ? [] : `${name}:<${argument}>`))
    const read = result.flatMap(({ name, data }) => (data === undefined ? [] : `${name} --data <folder with ${data}>`))
    const notes = [
      ...(variants.length > 0 ? [`Variants, behind a colon:\n  ${variants.join('\n  ')}`] : []),
      ...(read.length > 0 ? [`Read from a folder of yours:\n  ${read.join('\n  ')}`] : []),
    ]
    print(result, [text, ...notes].join('\n\n'), flags)
    return 0
  },
})

interface Listed extends Omit<Catalogued, 'open'> {
  readonly name: string
  readonly id?: string
  readonly train?: number
  readonly test?: number
}

async function count(spec: EnvSpec, split: 'train' | 'test'): Promise<number> {
  let tasks = 0
  for await (const _ of spec.tasks(split)) tasks++
  return tasks
}
