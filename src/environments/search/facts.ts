/**
 * A small made-up world, drawn from a seed: people, firms, towns, rivers, mountains and books, the facts that link them,
 * and a passage on each that says its facts. Whatever is asked of it can be counted out.
 */
import { type Random, random, seedOf } from '../../core/index.ts'
import { type Corpus, corpusOf, type Passage } from './corpus.ts'

export type Kind = 'person' | 'company' | 'town' | 'river' | 'mountain' | 'book'

/** A link from one kind of thing to another: everything of the one kind has exactly one. */
export interface Relation {
  readonly name: string
  readonly from: Kind
  readonly to: Kind
  /** Before a name: what it leads to. */
  readonly one: string
  /** Before a name: all that lead to it. */
  readonly all: string
  /** A sentence, `S` and `O` standing for the two. */
  readonly says: string
  /** A clause that goes on from `S`, which was named before. */
  readonly clause: string
}

const link = (from: Kind, to: Kind, [name, one, all, says, clause]: readonly [string, ...string[]]): Relation => ({
  name,
  from,
  to,
  one: one!,
  all: all!,
  says: says!,
  clause: clause!,
})

export const RELATIONS: readonly Relation[] = [
  link('company', 'person', [
    'founder',
    'the founder of',
    'companies founded by',
    'S was founded by O.',
    'which was founded by O',
  ]),
  link('company', 'town', [
    'seat',
    'the seat of',
    'companies with their seat in',
    'S has its seat in O.',
    'which has its seat in O',
  ]),
  link('person', 'town', [
    'birthplace',
    'the birthplace of',
    'people born in',
    'S was born in O.',
    'who was born in O',
  ]),
  link('person', 'person', [
    'teacher',
    'the teacher of',
    'people taught by',
    'S was taught by O.',
    'who was taught by O',
  ]),
  link('person', 'company', ['employer', 'the employer of', 'people employed by', 'S works for O.', 'who works for O']),
  link('town', 'person', ['mayor', 'the mayor of', 'towns whose mayor is', 'The mayor of S is O.', 'whose mayor is O']),
  link('town', 'river', ['river', 'the river that runs through', 'towns on', 'S lies on O.', 'which lies on O']),
  link('river', 'mountain', [
    'source',
    'the mountain of the source of',
    'rivers that rise on',
    'S rises on O.',
    'which rises on O',
  ]),
  link('mountain', 'person', [
    'climber',
    'the first climber of',
    'mountains first climbed by',
    'S was first climbed by O.',
    'which was first climbed by O',
  ]),
  link('book', 'person', [
    'author',
    'the author of',
    'books written by',
    'S was written by O.',
    'which was written by O',
  ]),
  link('book', 'company', [
    'publisher',
    'the publisher of',
    'books published by',
    'S was published by O.',
    'which was published by O',
  ]),
]

/** How many there are of each kind, and a number that each has: what it is called, and from what on. */
const KINDS: Readonly<Record<Kind, { count: number; number: string; least: number }>> = {
  person: { count: 80, number: 'birth year', least: 1840 },
  company: { count: 36, number: 'founding year', least: 1860 },
  town: { count: 24, number: 'number of inhabitants', least: 2100 },
  river: { count: 10, number: 'length in km', least: 31 },
  mountain: { count: 10, number: 'height in m', least: 1310 },
  book: { count: 36, number: 'year of publication', least: 1880 },
}

export interface Thing {
  /** Also the id of its passage. */
  readonly id: string
  readonly name: string
  readonly kind: Kind
  readonly number: number
}

export interface World {
  readonly things: readonly Thing[]
  readonly corpus: Corpus
  /** What a relation leads to. */
  follow(from: Thing, relation: Relation): Thing
  /** Everything that leads to it. */
  allTo(to: Thing, relation: Relation): readonly Thing[]
}

/** What the number of a kind is called: 'birth year'. */
export const numberOf = (kind: Kind): string => KINDS[kind].number

/** The world of a name: the same one for the same name. */
export function worldOf(name: string): World {
  const rng = random(seedOf('facts', name))
  const things = thingsOf(rng.split('names'))
  const places = new Map(things.map((thing, place) => [thing, place]))
  const links = new Map(
    RELATIONS.map((relation) => {
      const targets = things.filter(({ kind }) => kind === relation.to)
      const draw = rng.split(relation.name)
      const drawn = things.map((thing) => draw.pick(targets.filter((target) => target !== thing)))
      return [relation, drawn]
    }),
  )
  const follow = (from: Thing, relation: Relation): Thing => links.get(relation)![places.get(from)!]!
  const passages = things.map((thing) => passageOn(thing, follow, rng.split('passage', thing.id)))
  return {
    things,
    corpus: corpusOf(passages),
    follow,
    allTo: (to, relation) => things.filter((from) => from.kind === relation.from && follow(from, relation) === to),
  }
}

/** A relation's sentence about these two. */
export const said = (pattern: string, from: string, to: string): string =>
  pattern.replace(/\b[SO]\b/g, (place) => (place === 'S' ? from : to))

function passageOn(thing: Thing, follow: World['follow'], rng: Random): Passage {
  const { id, name, kind, number } = thing
  const facts = RELATIONS.filter(({ from }) => from === kind).map((relation) =>
    said(relation.says, name, follow(thing, relation).name),
  )
  const figure = `The ${numberOf(kind)} of ${name} is ${number}.`
  return { id, title: name, text: [`${name} is a ${kind}.`, ...rng.shuffle([...facts, figure])].join(' ') }
}

function thingsOf(rng: Random): Thing[] {
  const taken = new Set<string>()
  const unique = (draw: () => string): string => {
    for (;;) {
      const name = draw()
      if (!taken.has(name) && taken.add(name)) return name
    }
  }
  const all = (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
    const { count, least } = KINDS[kind]
    return Array.from({ length: count }, () => ({
      name: unique(() => NAMES[kind](rng)),
      kind,
      number: least + rng.int(Math.ceil(least / 10)),
    }))
  })
  return rng.shuffle(all).map((thing, place) => ({ id: `p${place + 1}`, ...thing }))
}

const words = (text: string): readonly string[] => text.split(' ')
const STARTS = words('B Br D Dr F G Gr H K Kl L M N P R S St T Tr V W')
const VOWELS = words('a e i o u ei au')
const MIDDLES = words('ld rn ll nd sk st mm rv lt nn rk ss')
const ENDS = words('en er os ik um a o et ing or')
const GIVEN = words(
  'Ada Bram Cleo Dario Edda Finn Greta Hugo Ines Jonas Kira Lars Mara Nils Olga Pavel Runa Sami Tilda Uwe',
)
const FIRMS = words('Mills Works Line Foundry Press Brewery')
const QUALITIES = words('Silent Crooked Amber Hollow Distant Frozen Painted Broken Second Hidden Burning Quiet')
const SUBJECTS = words('Orchard Harbour Lantern Garden Winter Letter Bridge Mirror Island Clock')

const syllables = (rng: Random): string => [STARTS, VOWELS, MIDDLES, ENDS].map((part) => rng.pick(part)).join('')

const NAMES: Readonly<Record<Kind, (rng: Random) => string>> = {
  person: (rng) => `${rng.pick(GIVEN)} ${syllables(rng)}`,
  company: (rng) => `${syllables(rng)} ${rng.pick(FIRMS)}`,
  town: syllables,
  river: (rng) => `River ${syllables(rng)}`,
  mountain: (rng) => `Mount ${syllables(rng)}`,
  book: (rng) => `The ${rng.pick(QUALITIES)} ${rng.pick(SUBJECTS)}`,
}
