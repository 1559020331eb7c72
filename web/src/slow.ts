/** Values that change faster than anybody reads. */
import { useEffect, useRef, useState } from 'preact/hooks'

/** The value, and another one at most so often; the last one always comes. */
export function useSlow<T>(value: T, everyMs: number): T {
  const [shown, show] = useState(value)
  const latest = useRef(value)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  latest.current = value
  useEffect(() => {
    if (Object.is(value, shown) || timer.current !== undefined) return
    timer.current = setTimeout(() => {
      timer.current = undefined
      show(() => latest.current)
    }, everyMs)
  }, [value, shown, everyMs])
  useEffect(() => () => clearTimeout(timer.current), [])
  return shown
}
