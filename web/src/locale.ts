/** Loaded first: a browser under the C locale may call its language 'en-US@posix', which Intl, and so uPlot, throws on. */
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' })
}
