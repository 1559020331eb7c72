import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { zipEntry } from './zip-entry.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-zip-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** An archive as the format describes it: local entries, the directory, its end. */
function archive(entries: readonly (readonly [name: string, text: string, method: number])[]): Buffer {
  const [locals, directory]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const [name, text, method] of entries) {
    const packed = method === 8 ? deflateRawSync(text) : Buffer.from(text)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(method, 4)
    shared.writeUInt32LE(crc32(text), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(Buffer.byteLength(text), 18)
    shared.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), shared, rest, Buffer.from(name)]))
    locals.push(local)
    offset += local.length
  }
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(Buffer.concat(directory).length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...locals, ...directory, Buffer.from('PK\x05\x06'), end])
}

const file = (bytes: Uint8Array): string => {
  const path = join(folder, 'a.zip')
  writeFileSync(path, bytes)
  return path
}

describe('zipEntry', () => {
  it('finds what was stored and what was deflated, by its whole name', () => {
    const path = file(
      archive([
        ['a/one.txt', 'first', 0],
        ['a/two.txt', 'zweite '.repeat(500), 8],
      ]),
    )
    expect(zipEntry(path, 'a/one.txt')?.toString()).toBe('first')
    expect(zipEntry(path, 'a/two.txt')?.toString()).toBe('zweite '.repeat(500))
    expect(zipEntry(path, 'two.txt')).toBeUndefined()
  })

  it('says what is wrong with what is no archive, or is broken', () => {
    for (const bytes of [Buffer.from('hello'), Buffer.alloc(0), Buffer.alloc(200)])
      expect(() => zipEntry(file(bytes), 'a')).toThrow(/a\.zip' cannot be read as a zip archive: it has no directory/)
    const whole = archive([['a', 'text', 8]])
    expect(() => zipEntry(file(whole.subarray(4)), 'a')).toThrow('cannot be read as a zip archive')
    expect(() => zipEntry(file(archive([['a', 'text', 12]])), 'a')).toThrow('packed by method 12')
  })
})
