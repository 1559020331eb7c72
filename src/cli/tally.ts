/** Counts trajectories as they end, for the progress line. */
import { styleText } from 'node:util'
import { returnOf, successOf, type Trajectory } from '../core/index.ts'
import type { Counted } from './control.ts'
import { duration, short } from './table.ts'

export interface Tally extends Counted {
  /** One more; what there is to show now, as a block and as a line. */
  add(trajectory: Trajectory): [block: string[], line: string]
}

/** Of `total` episodes, `before` were played in an earlier life of the run. */
export function tally(total: number, before = 0): Tally {
  const started = performance.now()
  let [done, scored, success, returns, tokens, lost] = [before, 0, 0, 0, 0, 0]
  const seconds = (): number => (performance.now() - started) / 1000
  return {
    get done() {
      return done
    },
    ...{ total, unit: 'episodes' },
    seconds,
    add(trajectory) {
      done++
      const [paid, won] = [returnOf(trajectory), successOf(trajectory)]
      if (paid === null) lost++
      else {
        scored++
        returns += paid
        success += won ?? 0
      }
      tokens += trajectory.usage.promptTokens + trajectory.usage.completionTokens
      const rate = (done - before) / seconds()
      const means =
        scored > 0
          ? `success ${(success / scored).toFixed(3)}, return ${(returns / scored).toFixed(2)}`
          : 'nothing scored yet'
      const line = `${done}/${total} episodes, ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s, ${duration((total - done) / rate)} left; ${means}; ${short(tokens / seconds())} tokens/s${lost > 0 ? `; ${lost} without a score` : ''}`
      return [[bar(done / total), line], line]
    },
  }
}

const bar = (share: number): string =>
  styleText('green', '━'.repeat(Math.round(60 * share))) + styleText('dim', '━'.repeat(60 - Math.round(60 * share)))
