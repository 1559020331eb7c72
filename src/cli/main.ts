/** `ludus <command>`: finds the command, runs it, and turns what it throws into one sentence and an exit code. */
import { describe, named, parse, UsageError } from './args.ts'
import { check } from './check.ts'
import type { Command } from './command.ts'
import { ctl } from './ctl.ts'
import { envs } from './envs.ts'
import { init } from './init.ts'
import { resume } from './resume.ts'
import { run } from './run.ts'
import { show } from './show.ts'
import { start } from './start.ts'
import { train } from './train.ts'
import { work } from './work.ts'

const commands: Readonly<Record<string, Command>> = { start, envs, run, resume, ctl, work, train, check, show, init }

/** The exit code: 0 done, 1 failed, 2 used wrongly. */
async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  try {
    if (['help', '--help', '-h'].includes(name)) return help(args[0])
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!command) throw new UsageError(`there is no command '${name}': there are ${Object.keys(commands).join(', ')}`)
    if (args.includes('--help') || args.includes('-h')) return help(name)
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

function help(name?: string): number {
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (name !== undefined && !command)
    throw new UsageError(`there is no command '${name}': there are ${Object.keys(commands).join(', ')}`)
  const list = Object.entries(commands).map(([key, { about, positionals }]) => {
    return `  ludus ${[key, ...positionals.map(named)].join(' ').padEnd(20)}${about}`
  })
  const text = command
    ? describe(name as string, command.about, command)
    : `Ludus: a gym for LLM agents\n\n${list.join('\n')}\n\nludus help <command> says more.`
  process.stdout.write(`${text}\n`)
  return 0
}

process.exitCode = await main(process.argv.slice(2))
