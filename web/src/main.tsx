/** The page: a frame with the way around in it, and in the frame whatever the address asks for. */
import './language.ts'
import { signal } from '@preact/signals'
import { type JSX, render } from 'preact'
import { useEffect } from 'preact/hooks'
import 'uplot/dist/uPlot.min.css'
import './styles.css'
import { type Action, Button, failure, Palette, palette, useActions } from './actions.tsx'
import { exported, exportNote } from './exported-files.ts'
import { pageAt } from './pages/index.tsx'
import { go, href, place } from './route.ts'
import { Dialog } from './ui/dialog.tsx'
import { ErrorBox } from './ui/parts.tsx'
import { Toast } from './ui/toast.tsx'

type Theme = 'light' | 'dark' | 'system'
const THEMES: readonly Theme[] = ['system', 'light', 'dark']
const stored = THEMES.find((theme) => theme === localStorage.getItem('theme'))
const theme = signal<Theme>(stored ?? 'system')

function applyTheme(): void {
  const { value } = theme
  if (value === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.dataset['theme'] = value
  localStorage.setItem('theme', value)
  dispatchEvent(new Event('ludus-theme'))
}

const wayAround: readonly (Action & { readonly to: string })[] = [
  { id: 'runs', title: 'Runs', key: 'g', to: href([]) },
  { id: 'papers', title: 'Papers', key: 'p', to: href(['papers']) },
]

const general: readonly Action[] = [
  ...wayAround,
  palette,
  {
    id: 'theme',
    title: 'Light, dark or as the system',
    key: 't',
    run() {
      theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!
      applyTheme()
    },
  },
]

function Page(): JSX.Element {
  useActions(general)
  const { path } = place.value
  const { title, body } = pageAt(place.value)
  const where = path.join('/')
  // Another place begins at its top.
  useEffect(() => scrollTo({ top: 0 }), [where])
  useEffect(() => {
    document.title = title ? `${title} · Ludus` : 'Ludus'
  }, [title])
  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector('main')?.focus()}>
        To the content
      </button>
      <header class="frame">
        <a class="brand" href={href([])} aria-label="Ludus, all runs">
          Ludus
        </a>
        <nav aria-label="Everywhere">
          {wayAround.map((action) => (
            <a key={action.id} href={action.to} {...(isHere(action, path) && { 'aria-current': 'page' as const })}>
              {action.title}
            </a>
          ))}
        </nav>
        <div class="aside">
          {exported && <span class="quiet">{exportNote(exported)}</span>}
          <Button action={palette} class="quiet-button">
            <span class="wide">Commands </span>
            <kbd>?</kbd>
          </Button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {body}
      </main>
      {failure.value !== undefined && (
        <div class="toast">
          <ErrorBox error={failure.value} />
          <button type="button" class="button small" onClick={() => (failure.value = undefined)}>
            Close
          </button>
        </div>
      )}
      <Toast />
      <Dialog />
      <Palette />
    </>
  )
}

const isHere = ({ id }: Action, path: readonly string[]): boolean =>
  id === 'runs' ? path.length === 0 || path[0] === 'run' : path[0] === id

applyTheme()
// An exported run opens at itself.
if (exported && location.hash === '') go(exported.start)
render(<Page />, document.getElementById('app')!)
