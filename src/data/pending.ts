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
