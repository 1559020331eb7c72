/**
 * Requests and answers over a stream, one JSON object a line. The other end is hostile: what is no answer to a request
 * that waits is ignored; a line longer than any answer may be, or too much of the ignored, ends the channel.
 */
import type { Duplex } from 'node:stream'

export type Answer = Readonly<Record<string, unknown>>

export interface Channel {
  /** The answer; undefined where the channel ended first. `mostBytes`: how long its line may be. */
  ask(request: object, mostBytes: number): Promise<Answer | undefined>
  /** Ends all that waits. */
  close(): void
}

/** Of bytes that nobody asked for. Who says more is only keeping us busy. */
const MOST_IGNORED = 1 << 20

/** `onNews` is told of lines without an id: for an end that is ours. */
export function openChannel(stream: Duplex, onNews?: (news: Answer) => void): Channel {
  const waiting = new Map<number, { resolve(answer: Answer | undefined): void; mostBytes: number }>()
  let pieces: Buffer[] = []
  let [held, ignored, last, open] = [0, 0, 0, true]
  const close = (): void => {
    open = false
    pieces = []
    stream.destroy()
    for (const { resolve } of waiting.values()) resolve(undefined)
    waiting.clear()
  }
  const receive = (line: Buffer): void => {
    const answer = parse(line)
    const id = answer?.['id']
    const waits = typeof id === 'number' ? waiting.get(id) : undefined
    if (answer && waits) {
      waiting.delete(id as number)
      waits.resolve(answer)
    } else if (answer && id === undefined && onNews) onNews(answer)
    else {
      ignored += line.length + 1
      if (ignored > MOST_IGNORED) close()
    }
  }
  const allowed = (): number => Math.max(4096, ...[...waiting.values()].map(({ mostBytes }) => mostBytes))
  stream.on('data', (data: Buffer) => {
    let from = 0
    for (let end = data.indexOf(10); end >= 0 && open; end = data.indexOf(10, from)) {
      const line = data.subarray(from, end)
      const whole = held > 0 ? Buffer.concat([...pieces, line]) : line
      from = end + 1
      pieces = []
      held = 0
      if (whole.length > allowed()) return close()
      receive(whole)
    }
    if (!open || from === data.length) return
    pieces.push(data.subarray(from))
    held += data.length - from
    if (held > allowed()) close()
  })
  stream.on('error', close)
  stream.on('close', close)
  return {
    close,
    ask(request, mostBytes) {
      if (!open) return Promise.resolve(undefined)
      const id = ++last
      const answer = new Promise<Answer | undefined>((resolve) => waiting.set(id, { resolve, mostBytes }))
      stream.write(`${JSON.stringify({ ...request, id })}\n`)
      return answer
    },
  }
}

/** A line that is a JSON object; undefined for any other. */
export function parse(line: Buffer | string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(line.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Answer) : undefined
  } catch {
    return undefined
  }
}
