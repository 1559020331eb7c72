/**
 * What JavaScript finds in the `javascript` sandbox: console, fs on the working folder, require('fs') and process.exit.
 * Runs inside QuickJS, of which it knows nothing but the language: its source alone is taken from here.
 */

/** What the host lends. Each throws what went wrong. */
export interface Lent {
  say(stream: 1 | 2, text: string): void
  read(path: string): ArrayBuffer
  write(path: string, data: string | ArrayBuffer, append: boolean): void
  remove(path: string): void
  list(): string
  exit(code: number): void
  decode(bytes: ArrayBuffer): string
  readonly most: number
  /** What the disk holds. */
  readonly disk: number
}

export function prelude(lent: Lent): void {
  const { say, read, write, remove, list, exit, decode, most, disk } = lent
  const show = (value: unknown, depth: number, above: readonly object[]): string => {
    if (typeof value === 'string') return depth === 0 ? value : JSON.stringify(value)
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'function') return `[function ${value.name}]`
    if (typeof value !== 'object' || value === null) return String(value)
    if (value instanceof Error) return `${value.name}: ${value.message}\n${value.stack ?? ''}`.trimEnd()
    if (above.includes(value)) return '[circular]'
    if (depth > 6) return '[...]'
    const inner = (item: unknown): string => show(item, depth + 1, [...above, value])
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (value instanceof Map) return `Map {${[...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`).join(', ')}}`
    if (value instanceof Set) return `Set {${[...value].map(inner).join(', ')}}`
    if (Array.isArray(value) || ArrayBuffer.isView(value))
      return `[${Array.from(value as ArrayLike<unknown>, inner).join(', ')}]`
    const pairs = Object.entries(value).map(([key, item]) => `${key}: ${inner(item)}`)
    return pairs.length > 0 ? `{ ${pairs.join(', ')} }` : '{}'
  }
  const printer =
    (stream: 1 | 2) =>
    (...values: unknown[]): void =>
      // The host copies what is said: more than anybody will be shown stays here.
      say(stream, `${values.map((value) => show(value, 0, [])).join(' ')}\n`.slice(0, most))
  const [out, err] = [printer(1), printer(2)]

  // What the host is handed it copies, before it can refuse it.
  const named = (path: unknown): string => String(path).slice(0, 4096)
  const bytesOf = (data: unknown): string | ArrayBuffer => {
    const bytes = bytesIn(data)
    if ((typeof bytes === 'string' ? bytes.length : bytes.byteLength) <= disk) return bytes
    throw new Error('the disk is full: so much does not fit')
  }
  const bytesIn = (data: unknown): string | ArrayBuffer => {
    if (ArrayBuffer.isView(data))
      return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer
    return data instanceof ArrayBuffer ? data : String(data)
  }
  const has = (path: string): boolean => (JSON.parse(list()) as string[]).includes(path)
  const fs = {
    readFileSync: (path: string, how?: unknown): unknown =>
      how === undefined ? new Uint8Array(read(named(path))) : decode(read(named(path))),
    writeFileSync: (path: string, data: unknown): void => write(named(path), bytesOf(data), false),
    appendFileSync: (path: string, data: unknown): void => write(named(path), bytesOf(data), true),
    existsSync: (path: string): boolean => has(path),
    readdirSync: (): string[] => JSON.parse(list()),
    unlinkSync: (path: string): void => remove(named(path)),
  }
  Object.assign(globalThis, {
    console: { log: out, info: out, debug: out, warn: err, error: err },
    print: out,
    fs,
    process: { exit: (code = 0): void => exit(Number(code)) },
    require: (name: string): unknown => {
      if (name === 'fs' || name === 'node:fs') return fs
      throw new Error(`there is no module '${name}' in this sandbox: there is fs alone`)
    },
  })
}
