/** What lives in the world besides the player, and what each of them does in a step. */
import { type Creature, type Draft, free, insideOf, type Living, stepTo } from './draft.ts'
import { MATERIAL, RIPE } from './rules.ts'

/** East, south, west, north. */
const anywhere = (draft: Draft): number => draft.random.int(4)

export function live(draft: Draft, creature: Living): void {
  if (creature.health <= 0) creature.gone = true
  if (creature.gone) return
  if (creature.kind === 'cow' && draft.random.next() < 0.5) stepTo(draft, creature, anywhere(draft))
  if (creature.kind === 'zombie') hunt(draft, creature)
  if (creature.kind === 'skeleton') lurk(draft, creature)
  if (creature.kind === 'arrow') fly(draft, creature)
  if (creature.kind === 'plant') grow(draft, creature)
}

/** How far it is to the player, along x and y. */
function offset({ size, you }: Draft, at: number): readonly [x: number, y: number] {
  return [(you.at % size) - (at % size), Math.floor(you.at / size) - Math.floor(at / size)]
}

function toward(draft: Draft, at: number, longAxis: boolean): number {
  const [x, y] = offset(draft, at)
  const along = longAxis ? Math.abs(x) > Math.abs(y) : Math.abs(x) <= Math.abs(y)
  return along ? (x > 0 ? 0 : 2) : y > 0 ? 1 : 3
}

export const distanceTo = (draft: Draft, at: number): number => {
  const [x, y] = offset(draft, at)
  return Math.abs(x) + Math.abs(y)
}

function hunt(draft: Draft, zombie: Living): void {
  const { random, you } = draft
  const near = distanceTo(draft, zombie.at) <= 8 && random.next() < 0.9
  stepTo(draft, zombie, near ? toward(draft, zombie.at, random.next() < 0.8) : anywhere(draft))
  if (distanceTo(draft, zombie.at) > 1) return
  if (zombie.clock > 0) zombie.clock--
  else {
    you.inventory.health = Math.max(0, you.inventory.health - (you.sleeping ? 7 : 2))
    zombie.clock = 5
  }
}

function lurk(draft: Draft, skeleton: Living): void {
  const { random } = draft
  skeleton.clock = Math.max(0, skeleton.clock - 1)
  const far = distanceTo(draft, skeleton.at)
  const to = (chance: number): number => toward(draft, skeleton.at, random.next() < chance)
  if (far <= 3 && stepTo(draft, skeleton, (to(0.6) + 2) & 3)) return
  if (far <= 5 && random.next() < 0.5) shoot(draft, skeleton, toward(draft, skeleton.at, true))
  else if (far <= 8 && random.next() < 0.3) stepTo(draft, skeleton, to(0.6))
  else if (random.next() < 0.2) stepTo(draft, skeleton, anywhere(draft))
}

function shoot(draft: Draft, skeleton: Living, facing: number): void {
  const at = insideOf(draft, skeleton.at, facing)
  if (skeleton.clock > 0 || at === undefined || !free(draft, at, 'arrow')) return
  draft.creatures.push({ kind: 'arrow', at, health: 1, clock: 0, facing })
  skeleton.clock = 4
}

function fly(draft: Draft, arrow: Living): void {
  const { you } = draft
  const at = insideOf(draft, arrow.at, arrow.facing!)
  if (at !== undefined && stepTo(draft, arrow, arrow.facing!)) return
  arrow.gone = true
  if (at === undefined) return
  const hit = draft.creatures.find((one) => one.at === at && !one.gone)
  if (hit) hit.health -= 2
  else if (you.at === at) you.inventory.health = Math.max(0, you.inventory.health - 2)
  else if (draft.cells[at] === MATERIAL.table || draft.cells[at] === MATERIAL.furnace) draft.put(at, 'path')
}

function grow(draft: Draft, plant: Living): void {
  plant.clock++
  const eaten = draft.creatures.some(
    ({ kind, at, gone }) =>
      !gone && kind !== 'plant' && kind !== 'arrow' && [0, 1, 2, 3].some((d) => insideOf(draft, plant.at, d) === at),
  )
  if (eaten) plant.health = 0
  if (plant.health <= 0) plant.gone = true
}

export const ripe = ({ kind, clock }: Creature): boolean => kind === 'plant' && clock > RIPE
