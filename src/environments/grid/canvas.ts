/** A grid under construction: rooms, doors, and things at random places. */
import type { Random } from '../../core/index.ts'
import { EMPTY, WALL } from './cells.ts'

/** A room with its walls; neighbours share one. */
export interface Room {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export class Canvas {
  readonly width: number
  readonly height: number
  readonly #cells: string[]
  readonly #random: Random

  /** All wall. */
  constructor(width: number, height: number, random: Random) {
    this.width = width
    this.height = height
    this.#cells = Array<string>(width * height).fill(WALL)
    this.#random = random
  }

  set(x: number, y: number, char: string): void {
    this.#cells[y * this.width + x] = char
  }

  get(x: number, y: number): string {
    return this.#cells[y * this.width + x]!
  }

  /** Hollows out a room. */
  dig({ left, top, width, height }: Room): void {
    for (let y = top + 1; y < top + height - 1; y++)
      for (let x = left + 1; x < left + width - 1; x++) this.set(x, y, EMPTY)
  }

  /** The empty cells of a room. */
  free({ left, top, width, height }: Room): readonly (readonly [x: number, y: number])[] {
    const cells: (readonly [number, number])[] = []
    for (let y = top; y < top + height; y++)
      for (let x = left; x < left + width; x++) if (this.get(x, y) === EMPTY) cells.push([x, y])
    return cells
  }

  /** Into an empty cell of the room, drawn uniformly. Throws where it has none. */
  place(char: string, room: Room): void {
    const [x, y] = this.#random.pick(this.free(room))
    this.set(x, y, char)
  }

  get cells(): string {
    const lines = Array.from({ length: this.height }, (_, y) =>
      this.#cells.slice(y * this.width, (y + 1) * this.width).join(''),
    )
    return lines.join('\n')
  }

  /** A pose in an empty cell of a room. */
  pose(room: Room): number {
    const [x, y] = this.#random.pick(this.free(room))
    return (y * (this.width + 1) + x) * 4 + this.#random.int(4)
  }
}
