/** The scripted buyers of the car dealer: what each would pay, what it hears in a sentence, and what it says to that. */
import type { Random } from '../../core/index.ts'

export const personalities = ['trusting', 'haggler', 'impatient', 'loyal', 'frugal'] as const
export type Personality = (typeof personalities)[number]

export interface Car {
  /** No two on the lot have the same. */
  readonly brand: string
  readonly type: string
  readonly feature: string
  /** In dollars. */
  readonly listPrice: number
}

export interface Buyer {
  readonly personality: Personality
  /** In dollars. */
  readonly budget: number
  readonly brand: string
  readonly type: string
  readonly feature: string
}

/** What the agent and the buyer sit down to. */
export interface Deal {
  readonly lot: readonly Car[]
  readonly buyer: Buyer
}

const BRANDS = ['Ford', 'Honda', 'Hyundai', 'Lexus', 'Mazda', 'Subaru', 'Tesla', 'Toyota', 'Volkswagen', 'Volvo']
const TYPES = ['sedan', 'SUV', 'truck', 'convertible', 'van']
const FEATURES = ['heated seats', 'a sunroof', 'a backup camera', 'leather seats', 'a third row of seats']

export function drawDeal(random: Random, personality: Personality): Deal {
  const lot = random
    .shuffle(BRANDS)
    .slice(0, 5)
    .map((brand) => ({
      brand,
      type: random.pick(TYPES),
      feature: random.pick(FEATURES),
      listPrice: 1000 * (15 + random.int(46)),
    }))
  const { brand } = random.pick(lot)
  const buyer = { personality, brand, type: random.pick(TYPES), feature: random.pick(FEATURES) }
  return { lot, buyer: { ...buyer, budget: 1000 * (20 + random.int(36)) } }
}

/** The most that the buyer pays for a car, in dollars: a share of its price that grows with what is liked about it. */
export function limitFor({ personality, budget, brand, type, feature }: Buyer, car: Car): number {
  if (personality === 'loyal' && car.brand !== brand) return 0
  const liked = (car.brand === brand ? 20 : 0) + (car.type === type ? 10 : 0) + (car.feature === feature ? 10 : 0)
  const most = Math.min(budget, (car.listPrice * (70 + liked)) / 100)
  return Math.floor((personality === 'frugal' ? 0.9 * most : most) / 100) * 100
}

/** What a sentence offers: one car, one price; undefined where it names none, null where it names several. */
export interface Heard {
  readonly car: Car | null | undefined
  readonly price: number | null | undefined
}

/** Whatever is dearer is no dearer than this. */
const MOST = 1e9

export function hear(said: string, lot: readonly Car[]): Heard {
  const words = new Set(said.toLowerCase().match(/[a-z]+/g))
  const amounts = (said.match(/\$ ?\d[\d,]*/g) ?? []).map((text) => Number(text.replace(/\D/g, '')))
  const prices = new Set(amounts.map((amount) => Math.min(amount, MOST)))
  return { car: only(lot.filter(({ brand }) => words.has(brand.toLowerCase()))), price: only([...prices]) }
}

const only = <T>(found: readonly T[]): T | null | undefined => (found.length > 1 ? null : found[0])

/** Prices as asked so far, for each brand the first; and how many of them were refused. */
export interface Bargain {
  readonly asked: Readonly<Record<string, number>>
  readonly refused: number
}

/** A haggler buys at so much of the first price that was asked, and not above. */
export const HAGGLED = 0.95

/** So many refused prices, and the buyer leaves. */
export const patienceOf = ({ personality }: Buyer): number => (personality === 'impatient' ? 3 : 8)

export function accepts(buyer: Buyer, { asked }: Bargain, car: Car, price: number): boolean {
  const first = Object.hasOwn(asked, car.brand) ? asked[car.brand]! : price
  return price <= limitFor(buyer, car) && (buyer.personality !== 'haggler' || price <= HAGGLED * first)
}

export const dollars = (amount: number): string => `$${amount.toLocaleString('en-US')}`

/** Why a price is refused, and with most buyers what would be paid: more from time to time, and never the most. */
export function refusal(buyer: Buyer, { refused }: Bargain, car: Car, price: number): string {
  const limit = limitFor(buyer, car)
  if (limit === 0) return `I want nothing but a ${buyer.brand}.`
  if (price <= limit) return 'You can do better than that.'
  if (buyer.personality === 'impatient') return 'That is too much.'
  const counter = Math.floor((limit * Math.min(95, 75 + 4 * refused)) / 10_000) * 100
  return `That is too much for me. I would pay ${dollars(counter)}.`
}

/** What the buyer says to a sentence without an offer. */
export function smallTalk({ personality, budget, brand, type, feature }: Buyer, said: string): string | undefined {
  const words = new Set(said.toLowerCase().match(/[a-z]+/g))
  if (words.has('budget') || words.has('spend'))
    return personality === 'trusting' || personality === 'impatient'
      ? `I can spend ${dollars(budget)}.`
      : 'I would rather not say.'
  if (['want', 'need', 'like', 'prefer', 'looking', 'kind'].some((word) => words.has(word)))
    return `I am looking for a ${type} with ${feature}, best of all from ${brand}.`
  return undefined
}
