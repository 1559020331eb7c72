/** The recipes there are. */
import { adastar } from './adastar.ts'
import { imitateSuccesses } from './imitate-successes.ts'
import type { Recipe } from './recipe.ts'
import { agentR, eef, step } from './splice.ts'
import { tricksOrTraps } from './tricks-or-traps.ts'
import { warmStartedDpo } from './warm-started-dpo.ts'

/** What `ludus train <recipe>` knows by name, in the order of the paper index. */
export const recipes: readonly Recipe[] = [warmStartedDpo, adastar, agentR, eef, step, tricksOrTraps, imitateSuccesses]
