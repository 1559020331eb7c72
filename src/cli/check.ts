/** `ludus check <env>`: certify a world and attack its rewards. */
import { styleText } from 'node:util'
import { checkEnv } from '../core/index.ts'
import { usage } from './args.ts'
import { command, common, interruptible, print, sandboxed, world } from './command.ts'
import { live } from './live.ts'
import { openWorld } from './open-world.ts'
import { table } from './table.ts'

export const check = command({
  about: 'certify a world and attack its rewards',
  positionals: ['env'],
  flags: {
    tasks: { type: 'count', default: '24', help: 'tasks tried of each split' },
    ...world,
    json: common.json,
  },
  async run({ flags, positionals: [name] }) {
    const spec = await usage(() => openWorld(`${name}`, flags.data))
    await using code = await sandboxed(flags.sandbox)
    using signal = interruptible()
    const display = live()
    let done = 0
    const certificate = await checkEnv(spec, {
      tasks: flags.tasks,
      sandbox: code.sandbox,
      signal,
      onPledge: (pledge) => display.update([`checked: ${pledge.name}`], `${++done} promises checked`),
    })
    display.end()
    const marked = certificate.promises.map(({ verdict, ...rest }) => {
      const [mark, colour] = ({ kept: ['✓', 'green'], broken: ['✗', 'red'], unchecked: ['-', 'dim'] } as const)[verdict]
      return { ...rest, verdict: styleText(colour, `${mark} ${verdict}`) }
    })
    const rows = marked.map((promise) => [promise.name, promise.verdict, promise.figure])
    const whys = marked.flatMap((promise) =>
      promise.why ? [`${promise.verdict}: ${promise.name}: ${promise.why}`] : [],
    )
    const lines = [table([['promise', 'verdict', 'figure'], ...rows]), '', ...whys]
    const verdict = certificate.certified ? 'is certified' : 'is NOT certified'
    print(certificate, `${lines.join('\n')}\n\n${spec.id} ${verdict}`, flags)
    return certificate.certified ? 0 : 1
  },
})
