/** A model whose every call is paid from a budget: reserved before it goes out, settled when it has ended. */
import { type Completion, failureClass, type Model, ModelError, type ModelRequest, type Usage } from '../core/index.ts'
import { usageAtMost } from './at-most.ts'
import { type Account, type Amount, account, type Budget, type Caps, NOTHING, nanoOf } from './budget.ts'
import { costOf, type Price, priced } from './prices.ts'

export interface Purse {
  readonly budget: Budget
  /** Those that every call is charged to. */
  readonly accounts: readonly Account[]
  /** For each call by itself. */
  readonly perCall?: Caps
  /** Undefined where nobody knows it. */
  readonly price: Price | undefined
  /** Most tokens in an answer, for requests that do not say. */
  readonly maxTokens?: number | undefined
}

/**
 * Says on each completion what it cost. A call that failed after it went out counts as the most it could come to,
 * unless the failure says that nothing was charged. Throws as `checkPrice` does.
 */
export function withBudget(model: Model, { budget, accounts, perCall = {}, price, maxTokens }: Purse): Model {
  checkPrice(model.id, price, [perCall, ...accounts.map((account) => account.caps)])
  const single = perCall.usd !== undefined || perCall.tokens !== undefined
  return {
    id: model.id,
    async complete(request, options = {}) {
      const asked = bounded(request, maxTokens)
      const most = amountOf(usageAtMost(asked), price)
      const charged = single ? [account('one call', perCall), ...accounts] : accounts
      const settle = await budget.reserve(most, charged, options.signal)
      let spent = most
      try {
        const completion = priced(await model.complete(asked, options), price)
        spent = spentBy(completion, most)
        return completion
      } catch (error) {
        if (!mayCost(error)) spent = NOTHING
        throw error
      } finally {
        settle(spent)
      }
    },
  }
}

/** Throws a sentence where dollars are limited, the price is not known, and no limit of tokens stands in for it. */
export function checkPrice(id: string, price: Price | undefined, caps: readonly Caps[]): void {
  const limited = (unit: keyof Caps): boolean => caps.some((cap) => cap[unit] !== undefined)
  if (price || !limited('usd') || limited('tokens')) return
  throw new Error(`the price of ${id} is not known: give it with --price, or limit tokens as well with --budget-tokens`)
}

/** Says on each completion what it cost, where that can be told. */
export const withPrice = (model: Model, price: Price | undefined): Model => ({
  id: model.id,
  complete: async (request, options) => priced(await model.complete(request, options), price),
})

function bounded(request: ModelRequest, maxTokens: number | undefined): ModelRequest {
  if (maxTokens === undefined || request.sampling?.maxTokens !== undefined) return request
  return { ...request, sampling: { ...request.sampling, maxTokens } }
}

function amountOf(usage: Usage, price: Price | undefined): Amount {
  const tokens = usage.promptTokens + usage.completionTokens
  // Nothing times without end is nothing here.
  if (!price || price.completion === 0)
    return { nano: price ? nanoOf((usage.promptTokens * price.prompt) / 1e6) : 0, tokens }
  return { nano: nanoOf(costOf(price, usage)), tokens }
}

/** Where the provider did not say, the most that it can have been. One that says less than nothing earns us nothing. */
const spentBy = ({ costUsd, usage }: Completion, most: Amount): Amount => ({
  nano: costUsd === undefined ? most.nano : Math.max(0, nanoOf(costUsd)),
  tokens: usage ? Math.max(0, usage.promptTokens + usage.completionTokens) : most.tokens,
})

/** An abort, and whatever is no ModelError, may have come after the answer was made. */
const mayCost = (error: unknown): boolean => !(error instanceof ModelError) || failureClass(error.code).mayCost
