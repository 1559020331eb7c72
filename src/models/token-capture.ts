/**
 * Verification before belief (law 4): a server's token ids are taken for training only where everything else it said
 * agrees with them. Knows nothing of HTTP, and never tokenises anything itself.
 */
import type { TokenCapture } from '../core/index.ts'

/** What a server claims about one completion. The unknown parts are as they came off the wire; null is absent. */
export interface TokenClaim {
  readonly prompt?: unknown
  readonly completion?: unknown
  /** One entry per completion token, in the OpenAI shape: {logprob, token?, bytes?}. */
  readonly logprobs?: unknown
  readonly promptTokens?: number | undefined
  readonly completionTokens?: number | undefined
  /** What the tokens must spell. Absent where the server rewrote it: tool calls and thinking are cut out of the text. */
  readonly text?: string | undefined
  /** Strings at which the server cuts the text but not the tokens. */
  readonly stop?: readonly string[] | undefined
}

/** With neither, the server sent no ids. Not captured, refused and empty are three different things. */
export type CaptureVerdict = { readonly tokens?: TokenCapture; readonly tokensRefused?: string }

/** Rounding may push the log of a certain token above 0 by this much. */
const ROUNDING = 1e-6

/** The tokens where every check holds, each log-probability at most 0; else which one did not. */
export function verifyCapture(claim: TokenClaim): CaptureVerdict {
  const { prompt, completion } = claim
  if ((prompt ?? null) === null && (completion ?? null) === null) return {}
  if (!areIds(prompt)) return refused('the prompt ids are no list of non-negative integers')
  if (!areIds(completion)) return refused('the completion ids are no list of non-negative integers')
  const entries = entriesOf(claim.logprobs)
  if (!entries) return refused('the logprobs are no list of entries')
  const why = miscounted(claim, prompt, completion) ?? misjudged(entries, completion) ?? misspelled(entries, claim)
  if (why) return refused(why)
  const logprobs = entries.map(({ logprob }) => Math.min(logprob as number, 0))
  return { tokens: { prompt, completion, logprobs } }
}

const refused = (why: string): CaptureVerdict => ({ tokensRefused: `the server's token ids were not believed: ${why}` })

const areIds = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id >= 0)

type Entry = Readonly<Record<string, unknown>>

/** None at all is a list of none: an empty completion has nothing to report. */
function entriesOf(logprobs: unknown): Entry[] | undefined {
  const list = logprobs ?? []
  const good = Array.isArray(list) && list.every((entry) => typeof entry === 'object' && entry !== null)
  return good ? list : undefined
}

function miscounted(
  { promptTokens, completionTokens }: TokenClaim,
  prompt: readonly number[],
  completion: readonly number[],
): string | undefined {
  if (prompt.length !== (promptTokens ?? prompt.length)) {
    return `${prompt.length} prompt ids, but a usage of ${promptTokens}`
  }
  if (completion.length !== (completionTokens ?? completion.length)) {
    return `${completion.length} completion ids, but a usage of ${completionTokens}`
  }
  return undefined
}

function misjudged(entries: readonly Entry[], completion: readonly number[]): string | undefined {
  if (entries.length !== completion.length) {
    return `${completion.length} completion ids, but ${entries.length} logprobs`
  }
  for (const [i, { logprob, token }] of entries.entries()) {
    if (!(Number.isFinite(logprob) && (logprob as number) <= ROUNDING)) {
      return `logprob ${i} is ${JSON.stringify(logprob)}, not a finite number of at most 0`
    }
    const named = typeof token === 'string' && /^token_id:(\d+)$/.exec(token)
    if (named && Number(named[1]) !== completion[i]) {
      return `completion id ${i} is ${completion[i]}, but its logprob is of ${token}`
    }
  }
  return undefined
}

/** Checked only where every token comes with its bytes, and the bytes are the token's and not those of its id's name. */
function misspelled(entries: readonly Entry[], { text, stop = [] }: TokenClaim): string | undefined {
  if (text === undefined || !entries.every(isSpelled)) return undefined
  const whole = decoded(entries)
  // The text may lack the end token, or all from a stop string on; nothing else.
  const readings = [whole, decoded(entries.slice(0, -1))]
  for (const end of stop) if (end !== '' && whole.includes(end)) readings.push(whole.slice(0, whole.indexOf(end)))
  return readings.some((reading) => agrees(bare(reading), bare(text)))
    ? undefined
    : `the tokens spell ${excerpt(whole)}, but the text is ${excerpt(text)}`
}

interface Spelled extends Entry {
  readonly bytes: readonly number[]
}

const isSpelled = (entry: Entry): entry is Spelled =>
  Array.isArray(entry['bytes']) &&
  entry['bytes'].every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256) &&
  !(typeof entry['token'] === 'string' && entry['token'].startsWith('token_id:'))

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const decoded = (entries: readonly Spelled[]): string => utf8.decode(Uint8Array.from(entries.flatMap((e) => e.bytes)))

// Servers trim the text, and some decode token by token and lose the spaces that SentencePiece keeps between them.
const bare = (text: string): string => text.replace(/\s+/g, '')

const excerpt = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text)

/**
 * Whether `spelled` reads as `shown`. Servers that decode token by token turn a character split over tokens into
 * U+FFFD, one or more (vLLM before #34875, Ollama #13497): at most so many characters may stand there, whichever.
 */
function agrees(spelled: string, shown: string): boolean {
  const pieces = spelled.split(/\uFFFD+/)
  const known = pieces.join('')
  if (known === spelled) return spelled === shown
  if (lengthOf(shown) > lengthOf(spelled)) return false
  const [first = '', last = ''] = [pieces.shift(), pieces.pop()]
  if (!shown.startsWith(first)) return false
  let at = first.length
  for (const piece of pieces) {
    const found = shown.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return shown.endsWith(last) && shown.length - last.length >= at
}

const lengthOf = (text: string): number => [...text].length
