export interface Learned {
  readonly arm: string
  readonly round: number
  readonly update: number
  readonly calls: readonly ({
    readonly weights: readonly number[]
    readonly advantages: readonly number[] | null
    readonly tokens?: readonly number[]
  } | null)[]
}
export const learnedFrom = (_folder: string, _id: string): Learned[] => []
export interface SearchIndex extends AsyncDisposable {
  search(text: string, range: { offset: number; limit: number }): Promise<unknown>
}
export const openSearchIndex = async (_folder: string): Promise<SearchIndex> => {
  throw new Error('not there yet')
}
