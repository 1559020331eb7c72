/** All that is known of one token, and what the colours mean. */
import type { JSX } from 'preact'
import type { TokenOutline } from '../../../../src/serve/view/wire.ts'
import { fixed, percent, signed } from '../../format.ts'
import { type Colouring, LEAST_LOGPROB, LEVELS, missing, type Token, visible } from './token-colours.ts'
import type { At } from './token-layout.ts'

interface DetailProps {
  readonly outline: TokenOutline
  readonly at: At | undefined
  readonly token: Token | undefined
}

export function Detail({ outline, at, token }: DetailProps): JSX.Element {
  if (!at || !token)
    return <p class="quiet token-hint">Point at a token, or go from one to the next with the arrow keys.</p>
  const { step, policyVersion, prompt } = outline.calls[at.call]!
  const facts: readonly (readonly [string, string])[] = [
    ['id', `${token.id}`],
    ...(token.sampled ? sampledFacts(token) : [['', 'context: not sampled'] as const]),
    ['version', policyVersion === null ? 'none' : `${policyVersion}`],
    ['place', token.sampled ? `${at.place} (${at.place - prompt.count} of the answer)` : `${at.place}`],
    ['call', `${at.call}`],
    ['step', step === null ? 'none' : `${step}`],
  ]
  return (
    <dl class="token-facts">
      <div class="token-said">
        <dt class="unseen">text</dt>
        <dd class="mono">{saidBy(token)}</dd>
      </div>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const NOT = 'not on record'

function sampledFacts({ logprob, entropy, mask, weight, advantage }: Token): (readonly [string, string])[] {
  return [
    ['logprob', logprob === null ? NOT : `${fixed(logprob, 4)} (${percent(Math.exp(logprob))})`],
    ['entropy', entropy === null ? NOT : `${fixed(entropy, 3)} nats`],
    ['mask', mask === 1 ? '1, may be trained' : '0, left out'],
    ['weight', weight === null ? 'not trained on' : weight === 0 ? '0' : signed(weight, 5)],
    ['advantage', advantage === null ? NOT : advantage === 0 ? '0' : signed(advantage, 4)],
  ]
}

const saidBy = ({ id, text }: Token): string => (text ? visible(text) : `#${id}`)

/** The scale, from end to end. */
export function Legend({
  by,
  outline,
  versions,
}: {
  readonly by: Colouring
  readonly outline: TokenOutline
  readonly versions: readonly number[]
}): JSX.Element {
  const none = missing(by, outline)
  return (
    <div class="token-legend" role="group" aria-label="What the colours mean">
      {none !== undefined ? <span class="quiet">{none}</span> : <Scale by={by} outline={outline} versions={versions} />}
      <span class="token context">context</span>
      {by !== 'mask' && <span class="token unknown">not on record</span>}
      {!outline.texts && <span class="quiet">No tokenizer is on disk: tokens are shown by id.</span>}
    </div>
  )
}

type ScaleProps = Parameters<typeof Legend>[0]

function Scale({ by, outline: { largest }, versions }: ScaleProps): JSX.Element {
  if (by === 'mask')
    return (
      <>
        <span class="token trained">may be trained</span>
        <span class="token masked">sampled, left out</span>
      </>
    )
  if (by === 'version')
    return (
      <>
        {versions.slice(0, 12).map((version, i) => (
          <span key={version} class={`token version-${i % LEVELS}`}>
            {version}
          </span>
        ))}
        {versions.length > 12 && <span class="quiet">… {versions.at(-1)}</span>}
      </>
    )
  if (by === 'logprob') return <Ramp from="100 %" to={`≤ ${percent(Math.exp(LEAST_LOGPROB))}`} classes={ramp('hot')} />
  if (by === 'entropy') return <Ramp from="0" to={`${fixed(largest.entropy, 2)} nats`} classes={ramp('cool')} />
  const most = largest[by] ?? 0
  return (
    <>
      <Ramp
        from={fixed(-most, 4)}
        to={`+${fixed(most, 4)}`}
        classes={[...ramp('hot').toReversed(), 'zero', ...ramp('cool')]}
      />
      <span class="token zero">zero</span>
    </>
  )
}

const ramp = (name: string): string[] => Array.from({ length: LEVELS }, (_, i) => `${name}-${i}`)

function Ramp({ from, to, classes }: { from: string; to: string; classes: readonly string[] }): JSX.Element {
  return (
    <span class="ramp number">
      {from}
      <span class="ramp-marks" aria-hidden="true">
        {classes.map((name) => (
          <span key={name} class={`token ${name}`} />
        ))}
      </span>
      {to}
    </span>
  )
}
