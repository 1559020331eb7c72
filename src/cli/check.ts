/** `ludus check <env>`: certify a world and attack its rewards. */
import { styleText } from 'node:util'
import { checkEnv } from '../core/index.ts'
import { usage } from './args.ts'
import { command, common, interruptible, print, sandboxed, world } from './command.ts'
import { live } from './live.ts'
import { openWorld } from './open-world.ts'

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
    const lines = certificate.promises.map(({ name, verdict, figure, why }) => {
      const [mark, colour] = ({ kept: ['✓', 'green'], broken: ['✗', 'red'], unchecked: ['-', 'dim'] } as const)[verdict]
      return `${styleText(colour, mark)} ${name}  ${styleText('dim', figure)}${why ? `\n    ${why}` : ''}`
    })
    const verdict = certificate.certified ? 'is certified' : 'is NOT certified'
    print(certificate, `${lines.join('\n')}\n\n${spec.id} ${verdict}`, flags)
    return certificate.certified ? 0 : 1
  },
})
