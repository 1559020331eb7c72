/** What `ludus init` writes. */

/** What each room is imported by. */
export interface Rooms {
  readonly core: string
  readonly environments: string
  readonly rewards: string
  readonly sandboxes: string
}

export const questionWorld = (name: string, rooms: Rooms): string => `\
/** ${name}: how much are so many coins worth? One question, one answer. */
import { random, type Task } from '${rooms.core}'
import { afterAnswer, questionEnv } from '${rooms.environments}'
import { nearNumber } from '${rooms.rewards}'

interface Coins {
  readonly coins: number
  readonly worth: number
}

export default questionEnv<Coins>({
  id: '${name}@1', // the number moves when results would
  tasks: (split) => (split === 'train' ? drawn(0, 200) : drawn(200, 250)),
  instructions: 'You count money.',
  ask: ({ coins, worth }) => \`How much are \${coins} coins worth, if one is worth \${worth}?\`,
  form: afterAnswer,
  score: (answer, { task }) => nearNumber(answer, { gold: task.data.coins * task.data.worth }),
  solve: ({ coins, worth }) => \`\${coins * worth}\`,
  guess: (_, random) => \`\${random.int(100) * random.int(100)}\`,
})

/** The same tasks at every call, each different from every other. */
function* drawn(from: number, to: number): Generator<Task<Coins>> {
  const all = Array.from({ length: 98 * 98 }, (_, i) => ({ coins: 2 + (i % 98), worth: 2 + Math.floor(i / 98) }))
  for (const data of random(1).shuffle(all).slice(from, to)) yield { id: \`\${data.coins}x\${data.worth}\`, data }
}
`

export const codeWorld = (name: string, rooms: Rooms): string => `\
/** ${name}: what is the largest number in a file? The agent runs Python, and commits an answer. */
import { random, type Task } from '${rooms.core}'
import { codeEnv } from '${rooms.environments}'
import { nearNumber } from '${rooms.rewards}'

interface Numbers {
  readonly numbers: readonly number[]
}

export default codeEnv<Numbers>({
  id: '${name}@1', // the number moves when results would
  tasks: (split) => (split === 'train' ? drawn(0, 200) : drawn(200, 250)),
  ask: () => 'The file numbers.txt holds one number in each line. Which is the largest?',
  setup: ({ numbers }) => ({ files: { 'numbers.txt': numbers.join('\\n') } }),
  score: (answer, { task }) => nearNumber(answer, { gold: Math.max(...task.data.numbers) }),
  solve: ({ numbers }) => ({
    code: ["print(max(int(line) for line in open('numbers.txt')))"],
    answer: \`\${Math.max(...numbers)}\`,
  }),
  guess: (_, random) => \`\${random.int(10_000)}\`,
})

/** The same tasks at every call, each different from every other. */
function* drawn(from: number, to: number): Generator<Task<Numbers>> {
  for (let i = from; i < to; i++) {
    const rng = random(i)
    yield { id: \`\${i}\`, data: { numbers: Array.from({ length: 50 }, () => rng.int(10_000)) } }
  }
}
`

export const worldTest = (name: string, rooms: Rooms, { sandbox }: { readonly sandbox: boolean }): string => `\
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkEnv } from '${rooms.core}'
${sandbox ? `import { openSandboxes } from '${rooms.sandboxes}'\n` : ''}import world from './${name}.ts'

test('${name} keeps every promise', async () => {
${
  sandbox
    ? `  await using places = openSandboxes(process.env['LUDUS_SANDBOX'])
  const { promises } = await checkEnv(world, { tasks: 4, sandbox: (spec, signal) => places.open(spec, signal) })
`
    : `  const { promises } = await checkEnv(world)
`
}  assert.deepEqual(promises.filter(({ verdict }) => verdict === 'broken'), [])
})
`
