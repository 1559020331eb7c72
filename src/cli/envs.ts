/** `ludus envs [area]`: what worlds there are. */
import type { EnvSpec } from '../core/index.ts'
import { environments } from '../environments/index.ts'
import { UsageError } from './args.ts'
import { command, common, print } from './command.ts'
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
    const result = await Promise.all(
      chosen.map(async ([name, { open, ...entry }]) => {
        const spec = open(undefined)
        return {
          name,
          id: spec.id,
          about: spec.about,
          ...entry,
          train: await count(spec, 'train'),
          test: await count(spec, 'test'),
        }
      }),
    )
    const rows = result.map((e) => [e.name, e.area, `${e.train}`, `${e.test}`, e.isolation, e.source, e.about])
    const text = table([['name', 'area', 'train', 'test', 'isolation', 'source', 'about'], ...rows])
    const variants = result.map(({ name, argument }) => `${name}:<${argument}>`).join('\n  ')
    print(result, `${text}\n\nVariants, behind a colon:\n  ${variants}`, flags)
    return 0
  },
})

async function count(spec: EnvSpec, split: 'train' | 'test'): Promise<number> {
  let tasks = 0
  for await (const _ of spec.tasks(split)) tasks++
  return tasks
}
