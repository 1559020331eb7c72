/** `ludus init <name>`: writes a new world in one file, with its test, to be changed into what you want. */
import { existsSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from './args.ts'
import { command, common, print } from './command.ts'
import { codeWorld, questionWorld, type Rooms, worldTest } from './new-world.ts'

export const init = command({
  about: 'write a new world in one file, with its test',
  positionals: ['name'],
  flags: {
    code: { type: 'switch', help: 'a world in which the agent runs code, instead of one of questions' },
    json: common.json,
  },
  async run({ flags, positionals: [name = ''] }) {
    if (!/^[a-z][a-z0-9-]*$/.test(name))
      throw new UsageError(`a world is named in small letters, digits and dashes, not '${name}'`)
    const [world, test] = [`${name}.ts`, `${name}.test.ts`]
    const there = [world, test].find((file) => existsSync(file))
    if (there) throw new UsageError(`'${there}' is there already: choose another name, or move it away`)
    const { rooms, note } = ludusFrom(process.cwd())
    writeFileSync(world, (flags.code ? codeWorld : questionWorld)(name, rooms))
    writeFileSync(test, worldTest(name, rooms, { sandbox: flags.code }))
    const next = [`node --test ${test}`, `ludus check ./${world}`, `ludus run ./${world} --model oracle`]
    const text = [`Wrote ${world} and ${test}.${note} Try them:`, ...next.map((line) => `  ${line}`)].join('\n')
    print({ world: resolve(world), test: resolve(test), next }, text, flags)
    return 0
  },
})

/** What files in a folder import Ludus by: its name where it is installed, else the path of this clone. */
function ludusFrom(folder: string): { readonly rooms: Rooms; readonly note: string } {
  const installed = {
    core: 'ludus',
    environments: 'ludus/environments',
    rewards: 'ludus/rewards',
    sandboxes: 'ludus/sandboxes',
  }
  try {
    createRequire(resolve(folder, 'here.js')).resolve('ludus')
    return { rooms: installed, note: '' }
  } catch {
    // Not there: whoever runs a clone has its sources.
  }
  const door = (room: string): string => fileURLToPath(new URL(`../${room}/index.ts`, import.meta.url))
  if (!existsSync(door('core'))) return { rooms: installed, note: ' They import ludus: npm install ludus' }
  const path = (room: string): string => relative(folder, door(room)).replace(/^(?!\.)/, './')
  const rooms = Object.fromEntries(Object.keys(installed).map((room) => [room, path(room)]))
  return { rooms: rooms as unknown as Rooms, note: '' }
}
