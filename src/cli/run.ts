/** `ludus run <env>`: play and judge. */
import { createRun } from '../data/index.ts'
import { command } from './command.ts'
import { openPlay, playFlags, playInto } from './play.ts'

export const run = command({
  about: 'play and judge: success, pass@k, pass^k, return, with intervals',
  positionals: ['env'],
  flags: playFlags,
  async run({ flags, positionals: [name] }) {
    const play = await openPlay(`${name}`, flags)
    await using _player = play.player
    const asked = { command: 'run', env: `${name}`, world: play.spec.id, settings: { ...flags } }
    await using folder = createRun(flags.runs, asked)
    return await playInto(folder, play)
  },
})
