/**
 * Progress on standard error: a block redrawn in place on a terminal, a plain line every few seconds elsewhere.
 * Standard output is left to results.
 */

export interface Live {
  /** What there is to show now: the block for a terminal, and the line for everywhere else. */
  update(block: readonly string[], line: string): void
  /** A line that stays. */
  note(line: string): void
  /** Removes the block. */
  end(): void
}

const FRAME_MS = 100
const LINE_MS = 5000

interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export function live(stream: Terminal = process.stderr): Live {
  return stream.isTTY && !process.env['CI'] ? redrawn(stream) : plain(stream)
}

function plain(stream: Terminal): Live {
  let last = performance.now()
  return {
    update(_, line) {
      if (performance.now() - last < LINE_MS) return
      last = performance.now()
      stream.write(`${line}\n`)
    },
    note(line) {
      last = performance.now()
      stream.write(`${line}\n`)
    },
    end: () => {},
  }
}

function redrawn(stream: Terminal): Live {
  let drawn = 0
  let last = 0
  let block: readonly string[] = []
  const erase = (): void => {
    if (drawn > 0) stream.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  const draw = (): void => {
    const width = (stream.columns ?? 80) - 1
    stream.write(block.map((line) => `${clip(line, width)}\n`).join(''))
    drawn = block.length
  }
  return {
    update(next) {
      block = next
      if (performance.now() - last < FRAME_MS) return
      last = performance.now()
      erase()
      draw()
    },
    note(line) {
      erase()
      stream.write(`${line}\n`)
      draw()
    },
    end() {
      erase()
      block = []
    },
  }
}

/** Cuts to a width, colour codes not counted. */
function clip(line: string, width: number): string {
  let seen = 0
  let out = ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour code begins with
  for (const piece of line.match(/\x1b\[[0-9;]*m|./gu) ?? []) {
    if (piece.startsWith('\x1b')) out += piece
    else if (seen++ < width) out += piece
  }
  return out
}
