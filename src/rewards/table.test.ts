import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Row, tableIn, tableScores } from './index.ts'

const gold: Row[] = [
  { city: 'Lima', country: 'Peru', people: '10' },
  { city: 'Cusco', country: 'Peru', people: '0.4' },
  { city: 'Quito', country: 'Ecuador', people: '2' },
]
const score = (rows: readonly Row[] | null) => tableScores(rows, { rows: gold, key: ['city'] })

describe('tableScores', () => {
  it('pays the whole table, in any order of rows and columns, in full', () => {
    const turned = gold.toReversed().map((row) => ({
      people: Number(row['people']).toFixed(2),
      country: row['country']!,
      city: ` ${row['city']!.toUpperCase()} `,
    }))
    expect(score(turned)).toEqual({
      row: { precision: 1, recall: 1, f1: 1 },
      item: { precision: 1, recall: 1, f1: 1 },
      success: 1,
    })
  })

  it('counts a row as right where all of it is, and cells one by one', () => {
    const { row, item, success } = score([gold[0]!, { ...gold[1]!, people: '4' }])
    expect(row).toEqual({ precision: 1 / 2, recall: 1 / 3, f1: 0.4 })
    expect(item).toEqual({ precision: 5 / 6, recall: 5 / 9, f1: expect.closeTo(2 / 3) })
    expect(success).toBe(0)
  })

  it('takes the first of rows with one key, so that guessing twice earns nothing', () => {
    const wrong = { ...gold[0]!, people: '9' }
    expect(score([wrong, ...gold]).success).toBe(0)
    expect(score([...gold, wrong]).success).toBe(1)
  })

  it('pays nothing for keys that are not there, other columns or no table', () => {
    const nothing = { precision: 0, recall: 0, f1: 0 }
    expect(score([{ city: 'Paris', country: 'Peru', people: '10' }])).toEqual({
      row: nothing,
      item: nothing,
      success: 0,
    })
    for (const rows of [
      null,
      [],
      gold.map(({ city, people }) => ({ city: city!, people: people! })),
      gold.map((row) => ({ ...row, note: '' })),
    ])
      expect(score(rows)).toEqual({ row: nothing, item: nothing, success: 0 })
  })

  it('compares cells as it is told', () => {
    const near = (_: string, answer: string, wanted: string) =>
      Math.abs(Number(answer) - Number(wanted)) <= 1 ? 1 : 0.5
    const rows = [
      { key: 'a', value: '5' },
      { key: 'b', value: '9' },
    ]
    const { item } = tableScores(
      [
        { key: 'a', value: '6' },
        { key: 'b', value: '1' },
      ],
      { rows, key: ['key'], same: near },
    )
    expect(item.f1).toBe(3.5 / 4)
  })

  it('wants a gold table with a key', () => {
    expect(() => tableScores([], { rows: [], key: ['city'] })).toThrow('a gold table needs rows')
    expect(() => tableScores([], { rows: gold, key: ['mayor'] })).toThrow("not 'mayor'")
  })

  it('loses recall with every row left out, and precision with every row made up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 20 }), (kept, made) => {
        const invented = Array.from({ length: made }, (_, i) => ({ city: `town ${i}`, country: 'x', people: 'y' }))
        const { row } = score([...gold.slice(0, kept), ...invented])
        expect(row.recall).toBeCloseTo(kept / 3)
        expect(row.precision).toBeCloseTo(kept + made > 0 ? kept / (kept + made) : 0)
      }),
    )
  })
})

it('tableIn reads the first Markdown table of a text', () => {
  const text = 'Here:\n\n| City | Note |\n|:---|---:|\n| Lima | a \\| b |\n|  Quito |\n\nThat is all | of it.'
  expect(tableIn(text)).toEqual([
    { city: 'Lima', note: 'a | b' },
    { city: 'Quito', note: '' },
  ])
  expect(tableIn('City | Note\n--- | ---\nLima | x')).toEqual([{ city: 'Lima', note: 'x' }])
  for (const none of ['', 'Lima, Peru', '---', 'a | b\nc | d']) expect(tableIn(none)).toBe(null)
})
