/** Things to do in an office: what is asked for, and how it is done. */
import type { Random } from '../../core/index.ts'
import type { Deed } from '../kit/tool-env.ts'
import { type Contents, fileOn, type Invoice, STATUSES } from './office.ts'

export interface Job {
  readonly ask: string
  readonly deeds: readonly Deed[]
}

const call = (name: string, given: Record<string, string> = {}): Deed => ({ name, arguments: given })
const fileOf = ({ number }: Invoice): string => `/invoices/${number}.txt`
const look = (text: string, all: readonly Invoice[]): Deed[] => [
  call('search_files', { text }),
  ...all.map((invoice) => call('read', { path: fileOf(invoice) })),
]

/** Undefined where the office has nothing to do of the kind. None changes what another is about. */
type Drawing = (contents: Contents, rng: Random) => Job | undefined

const total: Drawing = ({ office, invoices }, rng) => {
  const { customer } = rng.pick(invoices)
  const to = rng.pick(office.people)
  const theirs = invoices.filter((invoice) => invoice.customer === customer)
  const sum = theirs.reduce((all, { amount }) => all + amount, 0)
  return {
    ask: `Add up the amounts of all invoices of ${customer}, and send the sum to ${to}: the number alone.`,
    deeds: [...look(customer, theirs), call('send', { to, text: `${sum}` })],
  }
}

const archive: Drawing = ({ invoices }, rng) => {
  const status = rng.pick(STATUSES)
  const those = invoices.filter((invoice) => invoice.status === status)
  if (those.length === 0 || those.length > 6) return undefined
  const away = those.map((invoice) => call('move', { from: fileOf(invoice), to: `/archive/${invoice.number}.txt` }))
  return {
    ask: `Move every invoice with the status '${status}' from /invoices to /archive; the names of the files stay.`,
    deeds: [call('search_files', { text: `Status: ${status}` }), ...away],
  }
}

const answer: Drawing = ({ office, rooms, question: { by, about } }) => ({
  ask: `${by} asks something in a message: send ${by} the answer, and nothing else.`,
  deeds: [
    call('messages'),
    call('read_message', { id: office.inbox.find(({ subject }) => subject === 'a question')!.id }),
    call('read', { path: fileOn(about) }),
    call('send', { to: by, text: `${rooms.get(about)}` }),
  ],
})

const report: Drawing = ({ invoices }, rng) => {
  const { customer } = rng.pick(invoices)
  const status = rng.pick(STATUSES)
  const theirs = invoices.filter((invoice) => invoice.customer === customer)
  const those = theirs.filter((invoice) => invoice.status === status)
  if (those.length === 0) return undefined
  const path = `/reports/${status}.txt`
  return {
    ask: `Write the numbers of all invoices of ${customer} with the status '${status}' to ${path}, one on each line, the smallest first.`,
    deeds: [...look(customer, theirs), call('write', { path, text: those.map(({ number }) => number).join('\n') })],
  }
}

const forward: Drawing = ({ office }, rng) => {
  const { id, from, subject, text } = rng.pick(office.inbox)
  const to = rng.pick(office.people.filter((name) => name !== from))
  return {
    ask: `Send ${to} the text of the message about '${subject}' word for word.`,
    deeds: [call('messages'), call('read_message', { id }), call('send', { to, text })],
  }
}

const correct: Drawing = ({ office, phone: { of, number } }) => {
  const path = fileOn(of)
  const text = office.files[path]!.replace(/Phone: .*/, `Phone: ${number}`)
  return {
    ask: `${of} has a new phone number, which stands in a message. Change it in the file on ${of}; the rest of it stays.`,
    deeds: [
      call('messages'),
      call('read_message', { id: office.inbox.find(({ subject }) => subject === 'my phone')!.id }),
      call('read', { path }),
      call('write', { path, text }),
    ],
  }
}

/** What is moved away is moved last: whatever else is to be read stands where it stood. */
const KINDS: readonly Drawing[] = [total, answer, report, forward, correct, archive]

/** So many jobs of different kinds, in the order in which they are done; undefined where the office has no work of a kind. */
export function drawJobs(contents: Contents, count: number, rng: Random): readonly Job[] | undefined {
  const kinds = new Set(rng.shuffle(KINDS).slice(0, count))
  const jobs = KINDS.filter((kind) => kinds.has(kind)).map((kind) => kind(contents, rng))
  return jobs.every((job) => job !== undefined) ? jobs : undefined
}
