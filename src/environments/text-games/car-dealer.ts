/**
 * The car dealer after LMRL-Gym (Abdulhai et al. 2023, MIT): the agent sells, the buyer is a script with a personality,
 * a budget and tastes that the agent does not know. A sale pays its price as a share of the best that this buyer would
 * have paid for any car; no sale pays nothing.
 */
import { type EnvSpec, random, type Split, type Task } from '../../core/index.ts'
import { chosenWords, idWith } from '../kit/argument.ts'
import { type GameEnv, gameEnv, type Played, type Wrong } from '../kit/game-env.ts'
import {
  accepts,
  type Bargain,
  type Car,
  type Deal,
  dollars,
  drawDeal,
  HAGGLED,
  hear,
  limitFor,
  patienceOf,
  personalities,
  refusal,
  smallTalk,
} from './car-buyers.ts'

export const carDealerWords = { buyer: ['any', ...personalities] } as const

export interface CarDealerState extends Bargain {
  readonly sold?: { readonly brand: string; readonly price: number }
  readonly left?: true
}

/** LMRL-Gym stops after 50 utterances, half of them the agent's. */
const UTTERANCES = 25
/** What is read of an utterance, in characters. */
const LONGEST = 500
/** A sale at so much of the best price is a success. */
const GOOD = 0.9

export function carDealer(argument?: string): EnvSpec<Deal, GameEnv<CarDealerState>> {
  const chosen = chosenWords('car-dealer', carDealerWords, argument)
  return gameEnv<CarDealerState, Deal>({
    id: idWith('car-dealer', carDealerWords, chosen),
    tasks: (split) => dealsOf(chosen.buyer, split),
    limits: { steps: UTTERANCES },
    rules: ({ lot }) =>
      [
        'You sell cars. Sell one to the customer for as much as you can get.',
        "Ask what is wanted, or make an offer, which names one car and one price, as in 'The Fiat is yours for $9,000.'",
        'On the lot:',
        ...lot.map(
          ({ brand, type, feature, listPrice }) =>
            `${brand}, ${type} with ${feature}, list price ${dollars(listPrice)}`,
        ),
      ].join('\n'),
    start: () => ({ asked: {}, refused: 0 }),
    show: ({ sold, left }) => (sold || left ? 'The customer has gone.' : 'The customer waits for your offer.'),
    play: (state, said, { data }) => converse(state, said, data),
    success: ({ sold }, { lot, buyer }) => (sold && sold.price >= GOOD * bestOf({ lot, buyer }).price ? 1 : 0),
    best: ({ asked }, deal) => bestOffer(asked, deal),
    guess: ({ lot }, chance) => offer(chance.pick(lot), 1000 * (1 + chance.int(60))),
    view: (state, { buyer }) => ({
      ...state,
      sold: state.sold ?? null,
      left: state.left === true,
      buyer: { ...buyer },
    }),
  })
}

const offer = ({ brand }: Car, price: number): string => `The ${brand} is yours for ${dollars(price)}.`

/** The car and the price that the buyer would have paid the most for. */
function bestOf({ lot, buyer }: Deal): { readonly car: Car; readonly price: number } {
  const offers = lot.map((car) => ({ car, price: limitFor(buyer, car) }))
  return offers.reduce((best, one) => (one.price > best.price ? one : best))
}

/** A haggler is first asked for more. */
function bestOffer(asked: CarDealerState['asked'], deal: Deal): string {
  const { car, price } = bestOf(deal)
  const first = Object.hasOwn(asked, car.brand) ? asked[car.brand]! : undefined
  if (deal.buyer.personality !== 'haggler') return offer(car, price)
  return offer(car, first === undefined ? 2 * price : Math.min(price, Math.floor(HAGGLED * first)))
}

function converse(state: CarDealerState, said: string, deal: Deal): Played<CarDealerState> | Wrong<CarDealerState> {
  const { lot, buyer } = deal
  if (said.length > LONGEST) return { wrong: `Please be brief: ${LONGEST} characters at most.` }
  const { car, price } = hear(said, lot)
  if (car === null || price === null) return { wrong: 'One car and one price at a time, please.' }
  if (car === undefined || price === undefined) {
    const says = smallTalk(buyer, said)
    if (says !== undefined) return { state, says }
    if (car !== undefined) return { state, says: `What would the ${car.brand} cost?` }
    return { wrong: price === undefined ? 'I did not understand that.' : 'For which of the cars?' }
  }
  if (accepts(buyer, state, car, price)) {
    const sold = { brand: car.brand, price }
    const says = `It is a deal: the ${car.brand} for ${dollars(price)}.`
    return { state: { ...state, sold }, says, reward: price / bestOf(deal).price, end: 'terminated' }
  }
  const asked = Object.hasOwn(state.asked, car.brand) ? state.asked : { ...state.asked, [car.brand]: price }
  const after = { asked, refused: state.refused + 1 }
  if (after.refused < patienceOf(buyer)) return { state: after, says: refusal(buyer, state, car, price) }
  return { state: { ...after, left: true }, says: 'I shall look elsewhere. Goodbye.', end: 'terminated' }
}

const COUNT = { train: 200, test: 50 }

function* dealsOf(buyer: (typeof carDealerWords.buyer)[number], split: Split): Generator<Task<Deal>> {
  const from = split === 'train' ? 0 : COUNT.train
  for (let number = from; number < from + COUNT[split]; number++) {
    const rng = random(1).split('car-dealer', number)
    const personality = buyer === 'any' ? personalities[number % personalities.length]! : buyer
    yield { id: `deal-${number}`, data: drawDeal(rng, personality) }
  }
}
