/** How the body of a trajectory lies in the store: its JSON, compressed where that is worth it. */
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { zstdCompress, zstdCompressSync } from 'node:zlib'
import type { Trajectory } from '../core/index.ts'
import { encodedPieces } from './format.ts'

const compressInThread = promisify(zstdCompress)
/** A shorter body stands as it is: zstd would take longer to begin than the rest of the writing does. */
const PLAIN_BYTES = 2048
/** A shorter one is compressed in less time than a thread takes to be asked: 0.04 ms against 0.8. */
const INLINE_BYTES = 64 * 1024

/** A trajectory may be megabytes: after this much of it, whoever else waits for the event loop has a turn. */
const TURN_LENGTH = 256 * 1024

export async function packed(trajectory: Trajectory): Promise<Uint8Array> {
  const bytes = await encoded(trajectory)
  if (bytes.length < PLAIN_BYTES) return bytes
  // Knowing the size beforehand, zstd makes itself no larger than it has to be.
  const options = { pledgedSrcSize: bytes.length }
  return bytes.length < INLINE_BYTES ? zstdCompressSync(bytes, options) : compressInThread(bytes, options)
}

async function encoded(trajectory: Trajectory): Promise<Buffer> {
  const parts: Buffer[] = []
  let text = ''
  for (const piece of encodedPieces(trajectory)) {
    text += piece
    if (text.length < TURN_LENGTH) continue
    parts.push(Buffer.from(text))
    text = ''
    await setImmediate()
  }
  return parts.length > 0 ? Buffer.concat([...parts, Buffer.from(text)]) : Buffer.from(text)
}
