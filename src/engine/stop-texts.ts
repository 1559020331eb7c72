/** Tells when a sample's tokens, each of which says a few bytes, have said one of some texts. */
import type { StopTexts } from '../core/index.ts'

/**
 * For one sample: takes its tokens in order, and says of each whether it completes a text. Bytes are compared, so that
 * neither a text nor a character need end where a token does.
 */
export function listenFor(wanted: StopTexts | undefined): (token: number) => boolean {
  if (!wanted) return () => false
  const { bytes, ends, dropsSpace } = wanted.spelling
  const texts = wanted.texts.map((text) => Buffer.from(text))
  // What may be the beginning of a text, and can't be one whole: that would have been heard.
  const keep = Math.max(...texts.map((text) => text.length)) - 1
  let tail = Buffer.alloc(0)
  let silent = true
  return (token) => {
    let said = bytes.subarray(ends[token - 1] ?? 0, ends[token] ?? 0)
    if (said.length === 0) return false
    if (silent && dropsSpace && said[0] === 0x20) said = said.subarray(1)
    silent = false
    const all = Buffer.concat([tail, said])
    tail = all.subarray(Math.max(0, all.length - keep))
    return texts.some((text) => all.includes(text))
  }
}
