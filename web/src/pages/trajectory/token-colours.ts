/** From what is known of a token to how it is coloured: a few levels, each a class of the style sheet. */
import type { TokenOutline } from '../../../../src/serve/view/wire.ts'

export const COLOURINGS = [
  ['logprob', 'how unlikely it was'],
  ['entropy', 'entropy'],
  ['mask', 'trained or masked'],
  ['weight', 'weight in training'],
  ['advantage', 'advantage'],
  ['version', 'policy version'],
] as const
export type Colouring = (typeof COLOURINGS)[number][0]

/** All that is known of one token. null is 'not on record', which is neither zero nor empty. */
export interface Token {
  readonly id: number
  /** null where no tokenizer is at hand; '' where it is no text. */
  readonly text: string | null
  readonly sampled: boolean
  readonly logprob: number | null
  readonly entropy: number | null
  readonly mask: 0 | 1
  readonly weight: number | null
  readonly advantage: number | null
}

export const LEVELS = 8
/** nats: what is less likely than this is coloured as this. */
export const LEAST_LOGPROB = -6

/** 0 … 7 for a share from 0 to 1. */
const level = (share: number): number => Math.max(0, Math.min(LEVELS - 1, Math.floor(share * LEVELS)))

interface Scale {
  readonly by: Colouring
  readonly largest: TokenOutline['largest']
  /** Of the call, among all there are; −1 where it is not known. */
  readonly version: number
}

export function colourOf(token: Token, { by, largest, version }: Scale): string {
  if (!token.sampled) return 'context'
  if (by === 'mask') return token.mask === 1 ? 'trained' : 'masked'
  if (by === 'version') return version < 0 ? 'unknown' : `version-${version % LEVELS}`
  const value = token[by]
  if (value === null) return 'unknown'
  if (by === 'logprob') return `hot-${level(value / LEAST_LOGPROB)}`
  if (by === 'entropy') return `cool-${level(value / (largest.entropy || 1))}`
  if (value === 0) return 'zero'
  return `${value > 0 ? 'cool' : 'hot'}-${level(Math.abs(value) / (largest[by] || 1))}`
}

/** Whether there is anything to colour by, and if not, why. */
export function missing(by: Colouring, { calls, largest, updates }: TokenOutline): string | undefined {
  if (by === 'entropy' && largest.entropy === null) return 'No entropy is on record: the sampler did not say it.'
  if (by === 'version' && calls.every(({ policyVersion }) => policyVersion === null))
    return 'No policy version is on record: who answered is no policy that learns.'
  if (by !== 'weight' && by !== 'advantage') return undefined
  if (largest[by] !== null) return undefined
  return updates.length === 0
    ? 'No update on record learned from this trajectory.'
    : `The updates that learned from it left no ${by} per token.`
}

/** Control characters, line ends, and what would turn the direction of text: shown as signs, not done. */
export function visible(text: string): string {
  return text
    .replaceAll(' ', '·')
    .replaceAll('\t', '⇥\t')
    .replaceAll('\r', '␍')
    .replaceAll('\n', '↵\n')
    .replaceAll(/[^\P{C}\n\t]/gu, (sign) => `⟨${sign.codePointAt(0)!.toString(16)}⟩`)
}
