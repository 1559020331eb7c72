import { expect, it } from 'vitest'
import { segments } from './segments.ts'

it('sets code apart, and leaves what is never closed as text', () => {
  expect(segments('Look:\n```python\nprint(1)\n```\nDone.')).toEqual([
    { code: false, tag: '', text: 'Look:' },
    { code: true, tag: 'python', text: 'print(1)' },
    { code: false, tag: '', text: 'Done.' },
  ])
  expect(segments('````\n```\ninside\n```\n````')).toEqual([{ code: true, tag: '', text: '```\ninside\n```' }])
  expect(segments('a\n```sh\nrm')).toEqual([{ code: false, tag: '', text: 'a\n```sh\nrm' }])
  expect(segments('')).toEqual([])
})
