import { describe, expect, it } from 'vitest'
import { bunzip2 } from './bzip2.ts'

/** What bzip2 1.0.8 makes of the text below. */
const packed = Buffer.from(
  'QlpoOTFBWSZTWY9wUwcAAIb/////////////////////////////////////////////sAD6kIAAAAACYAAABMBMJhoAAAAAABMAAAACY0AAAAAAAAmATAAAAAABJgAJgACYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADUqZR6mTE9CZMBMCZNGmmJpiYIaYE00xGRhGTEMQwIwEaaDJpkwEDCGmCYEYAIyYCZMQwTTEYBMTCaNGgMjVmBQrqNSW1RiZcIzMzQ11hc2NzjWnJ1rjs8PT4/QEHXoSG2gAgRUZH2CQk7FK2WzMDEyMzQ1Njc4OTo7PD0+P/ygIKEhoiKjfpHSElK/aWmJqcAT1BRUlNUVVY5VwCwsrS3xOK1tnGeAAQGhP4FkoA38kAEBUhCAf4sACBwABAWIQEIRwMAAQFCzi5crl8xzdHV2d3jmlwACDnG7y9Pb4+vz/z+hAdGB6XT6nVgoOGh4iJiouMjY6PkJGSk5SVlpf+zEzNAZucnZ6foKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr/AwcLDxMXGx8jJysv/ZmbnZ+ho6Wn/9TV1tfY2drb3N3e3+Dh4uPk5ebn6Onq6+zt7u/w8fLz9PX2lwT3A/Hz9fYu5IpwoSEe4KYOA==',
  'base64',
)
const text = Buffer.concat([
  Buffer.from(`${'abracadabra '.repeat(40)}${'a'.repeat(600)}\n`),
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
])

describe('bunzip2', () => {
  it('reads what bzip2 wrote', () => {
    expect(Buffer.from(bunzip2(packed))).toEqual(text)
    expect(bunzip2(Buffer.from('QlpoORdyRThQkAAAAAA=', 'base64'))).toHaveLength(0)
  })

  it('never gives another text for a damaged file', () => {
    let refused = 0
    for (let at = 0; at < packed.length; at++) {
      const damaged = Uint8Array.from(packed, (byte, i) => (i === at ? byte ^ 0x10 : byte))
      try {
        expect(Buffer.from(bunzip2(damaged))).toEqual(text)
      } catch (error) {
        expect((error as Error).message).toMatch('bzip2 file')
        refused++
      }
    }
    // What is left are codes that no symbol uses, and what fills up the last byte.
    expect(refused).toBeGreaterThan(0.9 * packed.length)
  })

  it('refuses what is cut off, or no such file', () => {
    expect(() => bunzip2(packed.subarray(0, 100))).toThrow('cut off')
    expect(() => bunzip2(Buffer.from('BZx9 and more'))).toThrow("begins with 'BZh'")
    expect(() => bunzip2(Buffer.alloc(0))).toThrow('cut off')
  })
})
