/** After `npm test`: what a new user does, and what the project promises of it. Prints `N passed, N failed` at the end. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const [testStatus, testReport] = process.argv.slice(2)
const count = { passed: 0, failed: 0 }

function check(name: string, good: boolean, figure: unknown = ''): void {
  count[good ? 'passed' : 'failed']++
  process.stdout.write(`${good ? 'ok  ' : 'FAIL'} ${name}${figure === '' ? '' : `: ${figure}`}\n`)
}

/** Style, types and structure count as one, tests each for itself. */
function countTests(): void {
  check('npm test', testStatus === '0', `exit ${testStatus}`)
  check('the tests left a report', existsSync(`${testReport}`))
  if (!existsSync(`${testReport}`)) return
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(`${testReport}`, 'utf8'))
  count.passed += numPassedTests
  count.failed += numFailedTests
  process.stdout.write(`tests: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} not run\n`)
}

/** The result of a `bin/ludus.mjs` command, which is to end with 0. */
// biome-ignore lint/suspicious/noExplicitAny: a check looks into JSON of any shape
function ludus(...args: string[]): any {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/ludus.mjs', ...args, '--json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  check(`ludus ${args.join(' ')}`, status === 0, `exit ${status}${status === 0 ? '' : `, ${stderr.trim()}`}`)
  return status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1) ?? '') : undefined
}

/** `npm start` as people see it, its output passed on. */
async function start(): Promise<void> {
  const started = performance.now()
  const child = spawn('npm', ['start'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
    process.stdout.write(chunk)
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  const seconds = (performance.now() - started) / 1000
  check('npm start ends well', status === 0, `exit ${status}, ${seconds.toFixed(0)} s`)
  const row = (name: string): number[] => {
    const line = text.split('\n').find((line) => line.startsWith(name)) ?? ''
    return [...line.matchAll(/(-?[\d.]+) \[/g)].map((match) => Number(match[1]))
  }
  const [imitated, imitation] = row('imitation of the guide')
  const [solved, grpo] = row('imitation, then GRPO')
  check('GRPO succeeds more often than imitation', Number(solved) > Number(imitated), `${solved} > ${imitated}`)
  check('and is paid more', Number(grpo) > Number(imitation), `${grpo} > ${imitation}`)
  const runs = join(root, 'runs/start-maze-1')
  check('it leaves a learning curve', existsSync(join(runs, 'curve.svg')))
}

countTests()
await start()
const noisy = ludus('run', 'arithmetic:3', '--model', 'noisy-oracle:0.3', '-n', '500', '-k', '4')
// 95 % of 2,000 answers that are right with probability 0.7; three such widths for the four attempts together.
const width = 1.96 * Math.sqrt((0.7 * 0.3) / 2000)
check(
  'a noisy oracle is right as often as its noise allows',
  Math.abs(noisy?.success.mean - 0.7) < width,
  noisy?.success.mean,
)
check(
  'and once in four attempts as often as that means',
  Math.abs(noisy?.passAt[4] - (1 - 0.3 ** 4)) < width,
  noisy?.passAt[4],
)
check('an oracle is always right', ludus('run', 'arithmetic', '--model', 'oracle')?.success.mean === 1)
/** The whole catalogue, save what is read from a folder that is not here: the tests certify that on files of their own. */
const data = process.env['LUDUS_DATA']
const certified = ludus('check', '--all')
for (const { name, certificate, seconds } of certified?.worlds ?? [])
  check(`${name} is certified`, certificate.certified === true, `${seconds.toFixed(1)} s`)
for (const env of ['maze:u', 'maze:medium', 'maze:large', 'maze:partial,sparse', 'arithmetic:1-3'])
  check(`${env} is certified`, ludus('check', env)?.certified === true)
if (data === undefined) process.stdout.write('humaneval: not run, for LUDUS_DATA names no folder of public data\n')
else {
  const folder = join(data, 'humaneval')
  const solved = ludus('run', 'humaneval', '--data', folder, '--model', 'oracle')
  check('the 164 solutions of HumanEval pass', solved?.tasks === 164 && solved?.success.mean === 1)
}
check(
  'its trained policy plays',
  ludus('run', 'maze', '--model', 'engine:runs/start-maze-1/checkpoints/seed-0/grpo', '-n', '20')?.outcomes.scored ===
    20,
)
const small = ['--imitation-steps', '500', '--steps', '500', '--width', '16', '--layers', '1']
const recipe = ludus('train', 'adastar', ...small)
check('a recipe compares its arms', recipe?.arms.length === 4 && recipe?.comparisons.length > 0, recipe?.seconds)
check('its run can be shown', ludus('show', 'start-maze-1')?.state === 'done')

process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`)
process.exitCode = count.failed > 0 ? 1 : 0
