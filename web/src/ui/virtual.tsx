/**
 * A list of any length, of which only what is in view is there. It scrolls with the page. Heights are guessed first and
 * measured when an item is drawn; what is above the view never moves what is in it.
 */
import type { AriaRole, ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks'

interface VirtualProps {
  readonly count: number
  /** In px: every item's, or a guess of one's. */
  readonly height: number | ((index: number) => number)
  /** Heights are as given, and need not be measured: the quick way, for tables. */
  readonly exact?: boolean
  readonly children: (index: number) => ComponentChildren
  /** Told what is in view, when that changes. */
  readonly onView?: (from: number, to: number) => void
  /** Goes there when it changes. */
  readonly focus?: number | undefined
  readonly class?: string
  readonly role?: AriaRole
  readonly itemRole?: AriaRole
  readonly label?: string
}

/** Drawn beyond the edges of the view, in px. */
export const MARGIN = 400

class Heights {
  readonly tops: Float64Array
  readonly #heights: Float64Array
  #valid = 0

  constructor(count: number, height: (index: number) => number) {
    this.#heights = Float64Array.from({ length: count }, (_, i) => height(i))
    this.tops = new Float64Array(count + 1)
  }

  get count(): number {
    return this.#heights.length
  }

  height(index: number): number {
    return this.#heights[index]!
  }

  top(index: number): number {
    for (; this.#valid < index; this.#valid++)
      this.tops[this.#valid + 1] = this.tops[this.#valid]! + this.#heights[this.#valid]!
    return this.tops[index]!
  }

  /** How much taller the item is than was thought. */
  set(index: number, height: number): number {
    const more = height - this.#heights[index]!
    this.#heights[index] = height
    if (more !== 0) this.#valid = Math.min(this.#valid, index)
    return more
  }

  /** The item that lies at this height. */
  at(y: number): number {
    this.top(this.#heights.length)
    let [low, high] = [0, this.#heights.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.tops[middle + 1]! <= y) low = middle + 1
      else high = middle
    }
    return low
  }
}

interface View {
  readonly from: number
  readonly to: number
}

export function Virtual(props: VirtualProps): JSX.Element {
  const { count, height, exact = false, children, onView, focus, role, itemRole, label } = props
  const box = useRef<HTMLDivElement>(null)
  const [, redraw] = useReducer((n: number) => n + 1, 0)
  const fixed = typeof height === 'number' ? height : 0
  const heights = useMemo(() => new Heights(count, typeof height === 'number' ? () => height : height), [count, fixed])
  const { from, to } = useView(box, heights, () => redraw(undefined))
  useEffect(() => onView?.(from, to), [from, to, count])
  const held = useHeld(box, heights, focus)
  const watcher = useMemo(
    () => (exact ? undefined : measuring({ heights, box, held }, () => redraw(undefined))),
    [heights, exact],
  )
  useEffect(() => () => watcher?.disconnect(), [watcher])

  const items: JSX.Element[] = []
  for (let i = from; i < to; i++)
    items.push(
      <div
        key={i}
        data-index={i}
        class="virtual-item"
        role={itemRole}
        {...(itemRole === 'row' && { 'aria-rowindex': i + 2 })}
        style={{ transform: `translateY(${heights.top(i)}px)`, ...(exact && { height: `${heights.height(i)}px` }) }}
        ref={(element: HTMLDivElement | null) => {
          if (element) watcher?.observe(element)
        }}
      >
        {children(i)}
      </div>,
    )
  const style = { height: `${heights.top(count)}px` }
  return (
    <div ref={box} class={`virtual ${props.class ?? ''}`} role={role} aria-label={label} style={style}>
      {items}
    </div>
  )
}

/** The items that are in view or near it, as the page stands now; asks for a drawing when those are others. */
function useView(box: { readonly current: HTMLDivElement | null }, heights: Heights, redraw: () => void): View {
  const view = useRef<View>({ from: 0, to: 0 })
  const look = (): View => {
    const above = -(box.current?.getBoundingClientRect().top ?? 0)
    const to = Math.min(heights.count, heights.at(above + innerHeight + MARGIN) + 1)
    return { from: Math.min(to, heights.at(above - MARGIN)), to }
  }
  useEffect(() => {
    let asked = 0
    const moved = (): void => {
      asked ||= requestAnimationFrame(() => {
        asked = 0
        const { from, to } = look()
        if (from !== view.current.from || to !== view.current.to) redraw()
      })
    }
    addEventListener('scroll', moved, { passive: true })
    addEventListener('resize', moved)
    moved()
    return () => {
      cancelAnimationFrame(asked)
      removeEventListener('scroll', moved)
      removeEventListener('resize', moved)
    }
  }, [heights])
  view.current = look()
  return view.current
}

const HANDS = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const

/** The item that was gone to stays where it is, while those around it get their heights, until the reader moves on. */
function useHeld(box: { readonly current: HTMLDivElement | null }, heights: Heights, focus: number | undefined): Held {
  const held = useRef<number | undefined>(undefined)
  useLayoutEffect(() => {
    held.current = focus
    const letGo = (): void => {
      held.current = undefined
    }
    for (const name of HANDS) addEventListener(name, letGo, { passive: true, capture: true })
    return () => {
      for (const name of HANDS) removeEventListener(name, letGo, { capture: true })
    }
  }, [focus, heights])
  // After every drawing: heights may be others.
  useLayoutEffect(() => {
    if (held.current === undefined || !box.current) return
    const top = Math.round(box.current.getBoundingClientRect().top + scrollY + heights.top(held.current) - 120)
    if (Math.abs(top - scrollY) > 1) scrollTo({ top })
  })
  return held
}

interface Held {
  readonly current: number | undefined
}

interface Measured {
  readonly heights: Heights
  readonly box: { readonly current: HTMLDivElement | null }
  readonly held: Held
}

/** Takes items' true heights, and keeps what is in view where it is. */
function measuring({ heights, box, held }: Measured, changed: () => void): ResizeObserver {
  return new ResizeObserver((entries) => {
    let [any, above] = [false, 0]
    for (const { target } of entries) {
      if (!(target instanceof HTMLElement) || !target.isConnected) continue
      const isAbove = target.getBoundingClientRect().bottom < 0
      const more = heights.set(Number(target.dataset['index']), target.offsetHeight)
      if (Math.abs(more) < 0.5) continue
      any = true
      if (isAbove) above += more
    }
    if (above !== 0 && box.current && held.current === undefined) scrollBy({ top: above })
    if (any) changed()
  })
}
