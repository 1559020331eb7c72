/** `ludus <command>`: finds the command, runs it, and turns what it throws into one sentence and an exit code. */
import { describe, named, parse, UsageError } from './args.ts'
import type { Command } from './command.ts'

/** Each is loaded when it is asked for: to look at a run, nobody has to wait for the worlds and the engine. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  envs: async () => (await import('./envs.ts')).envs,
  run: async () => (await import('./run.ts')).run,
  resume: async () => (await import('./resume.ts')).resume,
  ctl: async () => (await import('./ctl.ts')).ctl,
  work: async () => (await import('./work.ts')).work,
  train: async () => (await import('./train.ts')).train,
  check: async () => (await import('./check.ts')).check,
  show: async () => (await import('./show.ts')).show,
  view: async () => (await import('./view.ts')).view,
  init: async () => (await import('./init.ts')).init,
}

/** The exit code: 0 done, 1 failed, 2 used wrongly. */
async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  try {
    if (['help', '--help', '-h'].includes(name)) return await help(args[0])
    if (args.includes('--help') || args.includes('-h')) return await help(name)
    const command = await commandOf(name)
    return await command.run(parse(name, args, command))
  } catch (error) {
    const wrong = error instanceof UsageError
    const { message, stack } = error as Error
    // A message thrown on purpose is a plain Error's or one of ours; anything else is a mistake of ours.
    const ours = error instanceof TypeError || error instanceof ReferenceError
    process.stderr.write(
      `ludus: ${ours && !wrong ? `a mistake in Ludus itself, please report it: ${stack}` : message}\n`,
    )
    return wrong ? 2 : 1
  }
}

async function commandOf(name: string): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!load) throw new UsageError(`there is no command '${name}': there are ${Object.keys(commands).join(', ')}`)
  return await load()
}

async function help(name?: string): Promise<number> {
  const command = name === undefined ? undefined : await commandOf(name)
  const text = command ? describe(`${name}`, command.about, command) : await overview()
  process.stdout.write(`${text}\n`)
  return 0
}

async function overview(): Promise<string> {
  const load = async ([name, load]: [string, () => Promise<Command>]): Promise<[usage: string, about: string]> => {
    const { about, positionals } = await load()
    return [[name, ...positionals.map(named)].join(' '), about]
  }
  const all = await Promise.all(Object.entries(commands).map(load))
  const width = Math.max(...all.map(([usage]) => usage.length))
  const lines = all.map(([usage, about]) => `  ludus ${usage.padEnd(width)}  ${about}`)
  return `Ludus: a gym for LLM agents\n\n${lines.join('\n')}\n\nludus help <command> says more.`
}

process.exitCode = await main(process.argv.slice(2))
