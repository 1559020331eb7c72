/** What comes after the last step: what the world showed at the end, calls that led to no step, branches given up. */
import type { JSX } from 'preact'
import type { AssistantMessage, BranchOutline, TrajectoryHead } from '../../../../src/serve/view/wire.ts'
import { dollars, duration, named, plain, short } from '../../format.ts'
import { Scrolls } from '../../ui/parts.tsx'
import { MessageView } from './message.tsx'
import { firstCalls, seatClass, seatsOf } from './seats.ts'
import { RawLink, stepAddress } from './step.tsx'

interface EndingProps {
  readonly run: string
  readonly head: TrajectoryHead
  /** The last action. */
  readonly last: AssistantMessage | undefined
}

export function Ending({ head, last }: EndingProps): JSX.Element {
  const { final, trailing, branches } = head
  const first = firstCalls(head).at(-1)!
  const seats = seatsOf(head)
  return (
    <div class="ending">
      {trailing.length > 0 && (
        <section aria-label="Calls that led to no step">
          <h3>Calls that led to no step</h3>
          <ul>
            {trailing.map(({ role, model, timeMs, completionTokens }, i) => (
              <li key={i}>
                <span class={`seat ${seatClass(seats, role)}`}>{named(role)}</span> {named(model)}{' '}
                <span class="quiet number">
                  {duration(timeMs / 1000)}
                  {completionTokens !== null && ` · ${short(completionTokens)} tokens`}
                </span>{' '}
                <RawLink call={first + i} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {final && final.messages.length > 0 && (
        <section aria-label="At the end">
          <h3>At the end</h3>
          {final.messages.map((message, i) => (
            <MessageView key={i} message={message} before={last} />
          ))}
        </section>
      )}
      {branches.length > 0 && <Branches branches={branches} />}
    </div>
  )
}

function Branches({ branches }: { readonly branches: readonly BranchOutline[] }): JSX.Element {
  return (
    <section aria-label="Branches given up">
      <h3>Branches given up</h3>
      <Scrolls label="Branches">
        <table>
          <thead>
            <tr>
              <th scope="col">forked before</th>
              <th scope="col">began with</th>
              {['steps', 'calls', 'tokens', 'cost', 'time'].map((name) => (
                <th scope="col" class="number" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {branches.map(({ from, preview, steps, calls, tokens, costUsd, timeMs }, i) => (
              <tr key={i}>
                <td>
                  <a href={stepAddress(from)}>step {from}</a>
                </td>
                <td class="mono preview">{plain(preview) || '–'}</td>
                <td class="number">{short(steps)}</td>
                <td class="number">{short(calls)}</td>
                <td class="number">{tokens === null ? 'unknown' : short(tokens)}</td>
                <td class="number">{dollars(costUsd)}</td>
                <td class="number">{duration(timeMs / 1000)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolls>
    </section>
  )
}
