// Makes a clone ready to run, and runs something in it:  node scripts/setup.mjs [--dev] <script> [argument …]
// It brings Node 24 where the machine's is older, and installs what is missing or stale; --dev includes what the
// tests need. Plain JavaScript that Node 18 can parse, with no dependency; quiet unless it fails.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE = '24.21.0'
const OLDEST = 24
const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** What Node has made of the source: a command starts in half the time. */
export const compiled = join(root, 'node_modules', '.cache', 'node')
const stampFile = join(root, 'node_modules', '.ludus-setup.json')
const lockFolder = join(root, '.setup-lock')

/** The Node to run with, once everything is in place. Exits with a sentence where that cannot be had. */
export async function prepare({ dev = false } = {}) {
  const node = wantedNode()
  if (ready(node, dev)) return node
  if (process.stderr.isTTY) process.stderr.write('setting up, once: Node and packages …\n')
  await exclusively(() => {
    if (!existsSync(node)) installNode(node)
    if (!fresh(dev)) installPackages(dev)
  })
  return node
}

function wantedNode() {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST) return process.execPath
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    fail(`Ludus needs Node ${OLDEST} or newer, and this is ${process.version}: install it from https://nodejs.org`)
  }
  return join(root, '.node', NODE, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
}

const ready = (node, dev) => existsSync(node) && fresh(dev)

/** Whether what is installed is what the lock file asks for. */
function fresh(dev) {
  const { lock, dev: installed } = stamp()
  return lock === lockHash() && (installed || !dev)
}

/** What was installed last; nothing where nothing was. */
function stamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return {}
  }
}

function lockHash() {
  const hash = createHash('sha256')
  for (const name of ['package-lock.json', '.npmrc']) hash.update(readFileSync(join(root, name)))
  return hash.digest('hex')
}

/** Beside its place and then moved there, so that half a Node is never taken for a whole one. */
function installNode(node) {
  const place = join(root, '.node', NODE)
  const fresh = `${place}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  npm(['install', '--prefix', fresh, '--no-save', '--ignore-scripts', `node-linux-${process.arch}@${NODE}`])
  rmSync(place, { recursive: true, force: true })
  renameSync(fresh, place)
  if (!existsSync(node)) fail(`npm installed Node ${NODE}, but ${node} is not there`)
}

function installPackages(wanted) {
  const lock = lockHash()
  // Who has worked on the project here goes on to.
  const dev = wanted || stamp().dev === true
  // 'ci' starts from an empty folder; what another process may be running from is only added to.
  const verb = fresh(false) ? ['install', '--no-save'] : ['ci']
  npm([...verb, '--ignore-scripts', ...(dev ? [] : ['--omit=dev'])])
  writeFileSync(stampFile, JSON.stringify({ lock, dev }))
}

function npm(args) {
  const command = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier']
  const options = { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' }
  const { status, stdout, stderr, error } = spawnSync(command, [...args, ...quiet], options)
  if (status !== 0) fail(`npm ${args.join(' ')} failed:\n${error ? error.message : `${stdout}${stderr}`}`)
}

/** One at a time, whoever else is setting up the same clone; a lock whose holder is gone is taken over. */
async function exclusively(work) {
  const pidFile = join(lockFolder, 'pid')
  while (true) {
    try {
      mkdirSync(lockFolder)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`${root} cannot be set up: ${error.message}`)
      if (abandoned(pidFile)) rmSync(lockFolder, { recursive: true, force: true })
      else await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  try {
    writeFileSync(pidFile, String(process.pid))
    process.on('exit', unlock)
    work()
  } finally {
    unlock()
    process.off('exit', unlock)
  }
}

const unlock = () => rmSync(lockFolder, { recursive: true, force: true })

/** When a lock without a readable owner was first seen: it may be about to be written. */
let nameless = 0

function abandoned(pidFile) {
  let pid
  try {
    pid = Number(readFileSync(pidFile, 'utf8'))
  } catch {
    pid = 0
  }
  if (!pid) {
    nameless = nameless || Date.now()
    return Date.now() - nameless > 5000
  }
  nameless = 0
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

function fail(message) {
  process.stderr.write(`ludus: ${message}\n`)
  process.exit(1)
}

/** Runs a script under `node` in this process's place; its exit code becomes ours. */
export function runUnder(node, args) {
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const env = { NODE_COMPILE_CACHE: compiled, ...process.env, PATH: path }
  const child = spawn(node, args, { stdio: 'inherit', env })
  // An interrupt reaches the child too, which decides what becomes of it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && child.kill(signal))
  child.on('error', (error) => fail(error.message))
  child.on('exit', (code, signal) => process.exit(code === null ? 128 + (signal === 'SIGINT' ? 2 : 15) : code))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2)
  const dev = args[0] === '--dev'
  const [script, ...rest] = dev ? args.slice(1) : args
  runUnder(await prepare({ dev }), [join(root, script), ...rest])
}
