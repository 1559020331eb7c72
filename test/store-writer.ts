/**
 * For tests: `store-writer.ts <path>` writes trajectories to the store there until it is killed or fails, printing the
 * id of each one that is safe; with --count it prints how many there are.
 */
import { openStore } from '../src/data/index.ts'
import { played } from './trajectories.ts'

const [path = '', count] = process.argv.slice(2)
try {
  await using store = openStore(path)
  if (count) process.stdout.write(`${[...store.trajectories()].length}\n`)
  const sample = await played()
  // Incompressible, so that a small disk is soon full.
  const noise = (): string => Array.from({ length: 300 }, () => Math.random()).join()
  for (let i = 0; !count; i += 5) {
    const ids = [0, 1, 2, 3, 4].map((k) => `t${i + k}`)
    const write = (id: string): Promise<void> =>
      store.add({ ...sample, id, task: noise() }).then(() => void process.stdout.write(`${id}\n`))
    await Promise.all(ids.map(write))
  }
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
