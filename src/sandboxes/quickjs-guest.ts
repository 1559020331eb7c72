/** JavaScript in QuickJS, an interpreter compiled to WebAssembly, in a thread: it reaches nothing but what is lent here. */
import { workerData } from 'node:worker_threads'
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSHandle, RELEASE_SYNC } from 'quickjs-emscripten'
import { type GuestRequest, outlet, serveGuest, within } from './guest-end.ts'
import { prelude } from './quickjs-prelude.ts'

/** What the thread is started with. `interrupt` is one shared word: not 0 asks what runs to stop. */
export interface QuickjsSetup {
  readonly memoryMb: number
  readonly diskMb: number
  readonly outputBytes: number
  readonly interrupt: Int32Array<SharedArrayBuffer>
}

/** Everything that is inside, to go on from elsewhere. */
interface Snapshot {
  readonly memory: Uint8Array
  readonly files: Map<string, Uint8Array>
  readonly pointer: number
  readonly cells: number
}

/** What the types of Node leave out. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
}

const PAGE = 65_536
/** The least that the module starts with. */
const FIRST_PAGES = 256
/** What a file costs beside its bytes. */
const FILE_BYTES = 512

const { memoryMb, diskMb, outputBytes, interrupt } = workerData as QuickjsSetup
let files = new Map<string, Uint8Array>()
let [out, err] = [outlet(outputBytes), outlet(outputBytes)]
let exitCode: number | undefined
let cells = 0
let machine: Awaited<ReturnType<typeof build>> | undefined

/** The same steps make the same addresses: a snapshot's bytes fit into any memory that was built here. */
async function build(pages: number) {
  const maximum = Math.max(FIRST_PAGES, Math.floor((memoryMb * 2 ** 20) / PAGE))
  const memory = new WebAssembly.Memory({ initial: pages, maximum })
  const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, { wasmMemory: memory }))
  const runtime = quickjs.newRuntime()
  runtime.setMemoryLimit(memoryMb * 2 ** 20)
  runtime.setMaxStackSize(256 * 1024)
  // An exit ends the code as an interrupt does: nothing inside can catch it.
  runtime.setInterruptHandler(() => exitCode !== undefined || Atomics.load(interrupt, 0) !== 0)
  const context = runtime.newContext()
  return { memory, runtime, context, pointer: Number(context.global.value) }
}

type Machine = Awaited<ReturnType<typeof build>>

function lend({ context }: Machine): void {
  const lent = context.newObject()
  const lendOne = (name: string, work: (...args: QuickJSHandle[]) => QuickJSHandle | undefined): void => {
    context.newFunction(name, (...args) => work(...args)).consume((made) => context.setProp(lent, name, made))
  }
  const { getString, getNumber } = {
    getString: context.getString.bind(context),
    getNumber: context.getNumber.bind(context),
  }
  const dataOf = (handle: QuickJSHandle): Uint8Array => {
    if (context.typeof(handle) === 'string') return new TextEncoder().encode(getString(handle))
    using borrowed = context.getArrayBuffer(handle)
    return borrowed.value.slice()
  }
  lendOne('say', (stream, text) => {
    const outletOf = getNumber(stream!) === 1 ? out : err
    outletOf.say(getString(text!))
    return undefined
  })
  lendOne('read', (path) => context.newArrayBuffer(readFile(getString(path!)).slice().buffer))
  lendOne('write', (path, data, append) => {
    writeFile(getString(path!), dataOf(data!), context.dump(append!) === true)
    return undefined
  })
  lendOne('remove', (path) => {
    if (!files.delete(within(getString(path!)))) throw new Error(`there is no file '${getString(path!)}'`)
    return undefined
  })
  lendOne('list', () => context.newString(JSON.stringify([...files.keys()].sort())))
  lendOne('decode', (bytes) => context.newString(new TextDecoder().decode(dataOf(bytes!))))
  lendOne('exit', (code) => {
    exitCode = Math.trunc(getNumber(code!)) & 255
    throw new Error('exit')
  })
  for (const [name, bytes] of [
    ['most', outputBytes * 4],
    ['disk', diskMb * 2 ** 20],
  ] as const)
    context.newNumber(bytes).consume((number) => context.setProp(lent, name, number))
  context.unwrapResult(context.evalCode(`(${prelude})`, '<sandbox>')).consume((setUp) => {
    context.unwrapResult(context.callFunction(setUp, context.undefined, lent)).dispose()
  })
  lent.dispose()
}

function readFile(path: string): Uint8Array {
  const found = files.get(within(path))
  if (!found) throw new Error(`there is no file '${path}'`)
  return found
}

function writeFile(path: string, data: Uint8Array, append = false): void {
  const name = within(path)
  const before = files.get(name)
  const bytes = append && before ? Buffer.concat([before, data]) : data
  let used = bytes.length + FILE_BYTES + name.length
  for (const [other, { length }] of files) if (other !== name) used += length + FILE_BYTES + other.length
  if (used > diskMb * 2 ** 20) throw new Error(`the disk is full: '${path}' does not fit into ${diskMb} MiB`)
  files.set(name, bytes)
}

function exec({ context, runtime, memory }: Machine, { code, cap }: GuestRequest): object {
  out = outlet(cap)
  err = outlet(cap)
  exitCode = undefined
  if (code !== '') cells++
  Atomics.store(interrupt, 0, 0)
  const failed = (error: QuickJSHandle): void => {
    if (exitCode !== undefined) return
    const said: unknown = context.dump(error)
    const { name, message, stack } = (typeof said === 'object' && said !== null ? said : {}) as Record<string, unknown>
    err.say(name === undefined ? `${JSON.stringify(said)}\n` : `${name}: ${message}\n${stack ?? ''}`)
    threw = true
  }
  let threw = false
  const result = context.evalCode(code, `<cell ${cells}>`)
  if (result.error) result.error.consume(failed)
  else result.value.consume((value) => settle({ context, runtime }, value, failed))
  const [stdout, stderr] = [out.take(), err.take()]
  return {
    ...{ stdout: stdout.text, stderr: stderr.text, truncated: stdout.cut || stderr.cut },
    exitCode: exitCode ?? (threw ? 1 : 0),
    memoryMb: (memory.buffer.byteLength + used()) / 2 ** 20,
  }
}

const used = (): number => [...files.values()].reduce((sum, { length }) => sum + length, 0)

/** Runs what was promised, and asks the code's own value what became of it. */
function settle(
  { context, runtime }: Pick<Machine, 'context' | 'runtime'>,
  value: QuickJSHandle,
  failed: (error: QuickJSHandle) => void,
): void {
  const jobs = runtime.executePendingJobs()
  if (jobs.error) {
    jobs.error.consume(failed)
    return
  }
  const state = context.getPromiseState(value)
  if (state.type === 'rejected') state.error.consume(failed)
  else if (state.type === 'fulfilled' && !state.notAPromise) state.value.dispose()
}

async function open(snapshot: Snapshot | undefined): Promise<object> {
  machine = await build(snapshot ? snapshot.memory.length / PAGE : FIRST_PAGES)
  lend(machine)
  if (!snapshot) return {}
  if (machine.pointer !== snapshot.pointer) throw new Error('its state does not fit here')
  new Uint8Array(machine.memory.buffer).set(snapshot.memory)
  files = snapshot.files
  cells = snapshot.cells
  return {}
}

serveGuest((request) => {
  if (request.do === 'open') return open(request.snapshot as Snapshot | undefined)
  if (!machine) throw new Error('it is not open')
  switch (request.do) {
    case 'exec':
      return exec(machine, request)
    case 'read': {
      const bytes = readFile(request.path)
      if (bytes.length > request.most)
        throw new Error(`'${request.path}' has ${bytes.length} bytes: more than 16 MiB are not read`)
      return { bytes: bytes.slice() }
    }
    case 'write':
      writeFile(request.path, request.bytes)
      return {}
    case 'list':
      return { files: [...files].map(([path, { length }]) => [path, length]) }
    case 'snapshot': {
      const memory = new Uint8Array(machine.memory.buffer).slice()
      return { snapshot: { memory, files, pointer: machine.pointer, cells } satisfies Snapshot }
    }
  }
})
