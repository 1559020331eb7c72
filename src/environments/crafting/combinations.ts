/** What two things make together: a small book of our own, from air, earth, fire and water on. */

/** What two things make; which of them comes first is all one. */
export interface Combination {
  readonly of: readonly [string, string]
  readonly makes: string
}

const BOOK = `
water earth mud | mud fire brick | brick brick wall | wall wall house | earth fire lava | lava air stone
stone fire metal | stone air sand | sand fire glass | water fire steam | air water cloud | cloud water rain
rain earth plant | air air wind | fire air smoke | plant fire ash | plant earth tree | metal stone blade
tree blade wood | wood fire charcoal | wood wood plank | plank water raft | plant water reed | reed blade flute
reed ash paper | charcoal water ink | paper ink letter | letter letter book | book house library | glass glass lens
lens lens telescope | glass sand hourglass | sand water beach | wind sand dune | dune dune desert | desert rain oasis
desert plant cactus | cloud metal lightning | metal wood hammer | hammer stone gravel | gravel mud concrete
gravel earth road | road house village | village village town | town wall castle | blade metal sword | mud sand clay
clay fire pot | pot plant garden | wood stone wheel | wheel wheel cart | steam metal engine | engine cart car
engine raft steamer | engine air airplane | wind wheel windmill | hammer earth field | plant air seed
field seed grain | grain stone flour | grain windmill flour | flour water dough | dough fire bread | grain water beer
rain cloud storm | water water lake | lake lake sea | sea wind wave | sea fire salt | sea lava island | rain wind snow
water wind ice | sea ice iceberg | snow house igloo | steam stone geyser | reed reed rope | rope wood bow
rope rope net | net sea fish | fish fire dinner | net net cloth | cloth raft sailboat | cloth wood tent
cloth wind kite | kite lightning electricity | electricity glass lamp | lamp road streetlight | lamp island lighthouse
electricity metal magnet | magnet glass compass | compass paper map | wheel hourglass clock | metal wind bell
bell house school | clay ink paint | paint wall mural | paint cloth flag | flag castle kingdom | glass house greenhouse
greenhouse seed flower | garden rain flower | tree tree forest | forest fire charcoal | lightning tree smoke
lightning sand glass | stone stone mountain | mountain fire volcano | mountain water river | river river lake
river plank bridge | rope plank bridge | river wheel watermill | watermill grain flour | pot steam kettle
kettle plant tea | sword flag army | map sailboat voyage | lens fire torch | wood ash soap | ice ice glacier
snow snow avalanche | telescope cloud comet | fish salt feast | bread fish feast | bow blade arrow | house electricity home
`

export const COMBINATIONS: readonly Combination[] = BOOK.trim()
  .split(/[|\n]/)
  .map((entry) => {
    const [one, other, makes] = entry.trim().split(' ')
    return { of: [one!, other!], makes: makes! }
  })

const pairOf = (one: string, other: string): string => (one < other ? `${one} ${other}` : `${other} ${one}`)
const byPair = new Map(COMBINATIONS.map(({ of, makes }) => [pairOf(...of), makes]))
const byMade = Map.groupBy(COMBINATIONS, ({ makes }) => makes)

/** What two things make; undefined where nothing comes of it. */
export const combined = (one: string, other: string): string | undefined => byPair.get(pairOf(one, other))

/** All ways to make a thing. */
export const waysTo = (thing: string): readonly Combination[] => byMade.get(thing) ?? []

/** All that can be made. */
export const MADE: readonly string[] = [...byMade.keys()]

/** Everything that can be had from these things. */
export function within(things: readonly string[]): Set<string> {
  const had = new Set(things)
  for (let before = -1; before !== had.size; ) {
    before = had.size
    for (const { of, makes } of COMBINATIONS) if (of.every((one) => had.has(one))) had.add(makes)
  }
  return had
}

/**
 * The fewest combinations that make the goal of these things, in an order in which they can be made. undefined where
 * there are none, or more than `most` would be needed. Exact: every choice of ways is tried, the fewest things first.
 */
export function shortestWay(goal: string, things: readonly string[], most: number): Combination[] | undefined {
  const had = new Set(things)
  for (let limit = 0; limit <= most; limit++) {
    const way = search([goal], { had, limit, chosen: [] })
    if (way) return way
  }
  return undefined
}

interface Search {
  readonly had: ReadonlySet<string>
  readonly limit: number
  readonly chosen: readonly Combination[]
}

/** A way to have all that is wanted with so many combinations, or undefined. */
function search(wanted: readonly string[], { had, limit, chosen }: Search): Combination[] | undefined {
  const [thing, ...others] = wanted.filter((one) => !had.has(one) && !chosen.some(({ makes }) => makes === one))
  if (thing === undefined) return ordered(chosen, had)
  if (chosen.length === limit) return undefined
  for (const way of waysTo(thing)) {
    const found = search([...others, ...way.of], { had, limit, chosen: [...chosen, way] })
    if (found) return found
  }
  return undefined
}

/** The combinations one after the other; undefined where some wait for one another. */
function ordered(chosen: readonly Combination[], had: ReadonlySet<string>): Combination[] | undefined {
  const order: Combination[] = []
  const have = new Set(had)
  while (order.length < chosen.length) {
    const next = chosen.find((one) => !order.includes(one) && one.of.every((thing) => have.has(thing)))
    if (!next) return undefined
    order.push(next)
    have.add(next.makes)
  }
  return order
}
