/** The text of a body in the store. Apart from what writes them: whoever only reads needs none of that. */
import { kMaxLength } from 'node:buffer'
import { zstdDecompressSync } from 'node:zlib'

/** JSON begins with a brace, and zstd does not. Throws where it is longer than `most` bytes. */
export function unpacked(body: Uint8Array, most = Number.MAX_SAFE_INTEGER): string {
  const whole =
    body[0] === 0x7b ? Buffer.from(body) : zstdDecompressSync(body, { maxOutputLength: Math.min(most, kMaxLength) })
  if (whole.length > most) throw new RangeError(`${whole.length} bytes, more than ${most}`)
  return whole.toString('utf8')
}
