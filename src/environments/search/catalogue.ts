/** Worlds of search over a closed corpus. */
import type { Catalogued } from '../catalogued.ts'
import { masksearch, masksOf } from './masksearch.ts'
import { hopsOf, multihop } from './multihop.ts'
import { MULTIHOP_SETS, multihopFile } from './multihop-file.ts'
import { widesearch } from './widesearch.ts'

const ours = { area: 'search', isolation: 'none', source: 'Ludus, Apache-2.0' } as const

export const searchCatalogue: Readonly<Record<string, Catalogued>> = {
  multihop: {
    ...ours,
    about: 'questions of several hops over a closed corpus of linked facts: search, open, finish',
    argument: 'hops, 2 to 4, or a range like 2-4',
    open: (argument) => multihop(hopsOf(argument)),
  },
  masksearch: {
    ...ours,
    about: "MaskSearch's task over the same facts: fill in the masked names and numbers of a paragraph by searching",
    argument: 'masks, 1 to 4, or a range like 1-4',
    open: (argument) => masksearch(masksOf(argument)),
  },
  widesearch: {
    ...ours,
    about: "WideSearch's task over the same facts: fill a table with all of its rows, judged by rows and cells",
    argument: '',
    open: () => widesearch(),
  },
  'multihop-file': {
    area: 'search',
    isolation: 'none',
    about: 'the public multi-hop sets, their passages pooled: search, open, finish',
    source: 'HotpotQA CC-BY-SA-4.0, 2WikiMultihopQA Apache-2.0, MuSiQue CC-BY-4.0, as gathered by Collab-RAG, MIT',
    argument: MULTIHOP_SETS.join(' | '),
    data: "Collab-RAG's datasets.zip, or <set>/test.jsonl of it",
    open: (argument, data) => multihopFile(`${data}`, argument),
  },
}
