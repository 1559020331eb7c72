/** Worlds of files, messages and databases. */
import type { Catalogued } from '../catalogued.ts'
import { files } from './files.ts'

export const recordsCatalogue: Readonly<Record<string, Catalogued>> = {
  files: {
    area: 'tools',
    isolation: 'none',
    about: 'an office of files and messages: look things up, write, move and send, judged by what is there then',
    source: 'Ludus, Apache-2.0',
    argument: '',
    open: () => files(),
  },
}
