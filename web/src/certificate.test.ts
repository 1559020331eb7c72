/** What a certificate comes to. */
import { expect, it } from 'vitest'
import type { WorldCertificate } from '../../src/serve/view/wire.ts'
import { byVerdict, standing } from './certificate.ts'

const promise = (verdict: 'kept' | 'broken' | 'unchecked', name: string = verdict) => ({ name, verdict, figure: '1' })
const world = (certified: boolean | null, ...promises: WorldCertificate['promises']): WorldCertificate => ({
  ...{ name: 'maze', env: 'maze@1', certified, seconds: null, promises },
})

it('shows what is broken first, and else keeps the order in which promises were tried', () => {
  const shown = byVerdict([
    promise('kept', 'a'),
    promise('unchecked', 'b'),
    promise('broken', 'c'),
    promise('kept', 'd'),
  ])
  expect(shown.map(({ name }) => name)).toEqual(['c', 'b', 'a', 'd'])
})

it('certifies nothing before the end, and nothing that broke a promise', () => {
  expect(standing(world(true, promise('kept')), 'done').text).toBe('certified')
  expect(standing(world(null, promise('kept')), 'running').text).toBe('being checked')
  expect(standing(world(null, promise('kept')), 'interrupted').text).toBe('not checked to the end')
  expect(standing(world(null, promise('broken')), 'running').text).toBe('not certified')
  expect(standing(world(true, promise('broken')), 'done').text).toBe('not certified')
  expect(standing(world(false), 'done').text).toBe('not certified')
})
