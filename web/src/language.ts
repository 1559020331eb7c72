/** A browser may name a language that JavaScript refuses ('en-US@posix'), and charts ask for it as they are loaded. */
try {
  Intl.getCanonicalLocales(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en' })
}
