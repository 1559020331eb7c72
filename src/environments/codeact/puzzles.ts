/**
 * What is asked in the world of tools, drawn from a seed: journeys, trade, pages that link to each other, and messages
 * in cipher, after the domains of M³ToolEval (Wang et al. 2024). Each needs from four to eight calls, of two tools or more.
 */
import type { Random } from '../../core/index.ts'
import { lookup, type Result, type Tool, type Value } from './tool.ts'

/** Calls a tool; the key hears its own calls recorded. */
export type Call = (tool: string, ...given: Value[]) => Result

export interface Puzzle {
  readonly question: string
  readonly tools: readonly Tool[]
  /** Finds the answer by the tools alone, one call after the other. */
  solve(call: Call): Result
  /** Finds and prints it in one piece of Python. */
  readonly code: string
  /** Answers that somebody might give who has only read the question. */
  readonly guesses: readonly Result[]
}

const CITIES = [
  'Arden',
  'Belmont',
  'Corinth',
  'Dover',
  'Elsinore',
  'Florence',
  'Genoa',
  'Harfleur',
  'Illyria',
  'Juliers',
]
const GOODS = ['salt', 'wool', 'amber', 'pepper', 'copper', 'silk', 'honey', 'paper']
const WORDS = [
  'river',
  'lantern',
  'market',
  'harbour',
  'orchard',
  'bridge',
  'castle',
  'meadow',
  'garden',
  'tower',
  'valley',
]
const NAMES = ['Viola', 'Orsino', 'Portia', 'Duncan', 'Imogen', 'Hermia', 'Oswald', 'Silvia']

/** What is asked of a choice: the best of the options, what it costs, or all of them in order. */
type Asks = 'best' | 'cost' | 'order'

interface Choice {
  readonly options: readonly string[]
  readonly asks: Asks
  readonly tools: readonly Tool[]
  /** The story; how each option is paid for. */
  readonly story: string
  cost(option: string, call: Call): number
  /** The same in Python, of the variable `city`. */
  readonly python: string
}

function choice({ options, asks, tools, story, cost, python }: Choice): Puzzle {
  const question = {
    best: 'Which of these cities costs least? Answer with its name.',
    cost: 'What does the cheapest of these cities cost? Answer with the number.',
    order: 'List these cities from the cheapest to the dearest.',
  }
  const say = {
    best: 'print(min(costs, key=costs.get))',
    cost: 'print(min(costs.values()))',
    order: "print(', '.join(sorted(costs, key=costs.get)))",
  }
  return {
    question: `${story} ${question[asks]}`,
    tools,
    solve(call) {
      const costs = options.map((option): [string, number] => [option, cost(option, call)]).sort((a, b) => a[1] - b[1])
      return { best: costs[0]![0], cost: costs[0]![1], order: costs.map(([option]) => option) }[asks]
    },
    code: `costs = {city: ${python} for city in ${JSON.stringify(options)}}\n${say[asks]}`,
    guesses: { best: options, cost: [100, 200, 300], order: [options, options.toReversed()] }[asks],
  }
}

/** `draw`, again until no two options cost the same. */
function untied(draw: () => Choice): Puzzle {
  for (;;) {
    const drawn = draw()
    const call = caller(drawn.tools)
    if (new Set(drawn.options.map((option) => drawn.cost(option, call))).size === drawn.options.length)
      return choice(drawn)
  }
}

export const caller =
  (tools: readonly Tool[]): Call =>
  (name, ...given) =>
    tools.find((tool) => tool.name === name)!.call(...given)

const asking = (random: Random): Asks => random.pick(['best', 'cost', 'order'])

function travel(random: Random): Puzzle {
  return untied(() => {
    const [home = '', ...options] = random.shuffle(CITIES).slice(0, random.pick([4, 5]))
    const nights = 2 + random.int(6)
    const cities = { city: 'string' } as const
    return {
      ...{ options, asks: asking(random) },
      story: `You go from ${home} to ${options.join(' or ')} and stay for ${nights} nights; the way back is free.`,
      tools: [
        lookup(
          { name: 'fare', about: `the price of the journey from ${home} to a city`, parameters: cities },
          options.map((city) => [[city], 50 + random.int(400)]),
        ),
        lookup(
          { name: 'night', about: 'the price of one night in a city', parameters: cities },
          options.map((city) => [[city], 20 + random.int(100)]),
        ),
      ],
      cost: (city, call) => Number(call('fare', city)) + nights * Number(call('night', city)),
      python: `fare(city) + ${nights} * night(city)`,
    }
  })
}

function trade(random: Random): Puzzle {
  return untied(() => {
    const options = random.shuffle(CITIES).slice(0, random.pick([3, 4]))
    const goods = random.shuffle(GOODS).slice(0, 3)
    const [good = ''] = goods
    const amount = 2 + random.int(9)
    return {
      ...{ options, asks: asking(random) },
      story: `You buy ${amount} sacks of ${good} in ${options.join(' or ')}; each city has a coin of its own, and what counts is the cost in crowns.`,
      tools: [
        lookup(
          { name: 'price', about: "of one sack, in the city's coin", parameters: { good: 'string', city: 'string' } },
          options.flatMap((city) => goods.map((one) => [[one, city], 3 + random.int(60)] as const)),
        ),
        lookup(
          { name: 'crowns', about: "what one of the city's coins is worth", parameters: { city: 'string' } },
          options.map((city) => [[city], 1 + random.int(9)]),
        ),
      ],
      cost: (city, call) => amount * Number(call('price', good, city)) * Number(call('crowns', city)),
      python: `${amount} * price('${good}', city) * crowns(city)`,
    }
  })
}

function pages(random: Random): Puzzle {
  const [wanted = '', ...others] = random.shuffle(GOODS).slice(0, 4)
  const sections = random.shuffle(WORDS).slice(0, 2)
  const leaves = random.shuffle([wanted, ...others]).map((good, i) => ({
    ...{ good, price: 5 + random.int(200), page: `shelf-${i + 1}`, section: sections[i % 2]! },
  }))
  const below = (section: string): string[] => leaves.flatMap((leaf) => (leaf.section === section ? [leaf.page] : []))
  return {
    question: `A shop's pages begin at 'home'. One of them says what ${wanted} costs. What does it cost? Answer with the number.`,
    tools: [
      lookup({ name: 'links', about: 'the pages that a page links to', parameters: { page: 'string' } }, [
        [['home'], sections],
        ...sections.map((section) => [[section], below(section)] as const),
        ...leaves.map(({ page }) => [[page], []] as const),
      ]),
      lookup({ name: 'text', about: 'what a page says', parameters: { page: 'string' } }, [
        [['home'], 'Welcome.'],
        ...sections.map((section) => [[section], `All of the ${section}.`] as const),
        ...leaves.map(({ page, good, price }) => [[page], `${good}: ${price} crowns`] as const),
      ]),
    ],
    solve(call) {
      for (const section of call('links', 'home') as string[]) {
        for (const page of call('links', section) as string[]) {
          const [good, price = ''] = `${call('text', page)}`.split(': ')
          if (good === wanted) return Number.parseInt(price, 10)
        }
      }
      throw new Error(`no page says what ${wanted} costs`)
    },
    code: `found = [text(page) for section in links('home') for page in links(section)]
print(next(said.split()[1] for said in found if said.startswith('${wanted}:')))`,
    guesses: [10, 50, 100],
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const shifted = (text: string, by: number): string =>
  [...text].map((c) => (LETTERS.includes(c) ? LETTERS.at((LETTERS.indexOf(c) + by) % 26)! : c)).join('')

function messages(random: Random): Puzzle {
  const writers = random
    .shuffle(NAMES)
    .slice(0, 3)
    .map((name) => ({ name, by: 1 + random.int(25) }))
  const sent = random
    .shuffle(WORDS)
    .slice(0, 4)
    .map((word, i) => ({ number: i + 1, word, writer: random.pick(writers) }))
  const asked = sent.slice(0, 1 + random.int(2)).map(({ number }) => number)
  return {
    question: `Each writer shifts the letters of every message forward in the alphabet, by a number of his own. What do the messages ${asked.join(' and ')} say in plain words? Answer with the words in that order.`,
    tools: [
      lookup(
        { name: 'message', about: 'a message as it was written', parameters: { number: 'integer' } },
        sent.map(({ number, word, writer }) => [[number], shifted(word, writer.by)]),
      ),
      lookup(
        { name: 'writer', about: 'who wrote a message', parameters: { number: 'integer' } },
        sent.map(({ number, writer }) => [[number], writer.name]),
      ),
      lookup(
        { name: 'key', about: 'by how much a writer shifts', parameters: { name: 'string' } },
        writers.map(({ name, by }) => [[name], by]),
      ),
      {
        name: 'shift_back',
        about: 'the text with its letters shifted back by so many',
        parameters: { text: 'string', by: 'integer' },
        call: (text, by) => shifted(`${text}`, 26 - (Number(by) % 26)),
        python: `
def shift_back(text, by):
    letters = '${LETTERS}'
    return ''.join(letters[(letters.index(c) - by) % 26] if c in letters else c for c in text)
`,
      },
    ],
    solve: (call) =>
      asked.map(
        (number) =>
          call('shift_back', `${call('message', number)}`, Number(call('key', `${call('writer', number)}`))) as string,
      ),
    code: `print(', '.join(shift_back(message(n), key(writer(n))) for n in ${JSON.stringify(asked)}))`,
    guesses: [asked.map(() => 'hello'), WORDS.slice(0, asked.length)],
  }
}

export const domains = { travel, trade, pages, messages } as const
export type Domain = keyof typeof domains
