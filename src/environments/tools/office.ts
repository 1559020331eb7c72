/** An office of files and messages, drawn from a number, and the tools to work in it. What is sent stays sent. */
import { z } from 'zod'
import { type Random, random, seedOf } from '../../core/index.ts'
import { quoted } from '../kit/game-env.ts'
import { ToolError, type Tools, tool } from '../kit/tool-env.ts'

export interface Mail {
  readonly id: string
  readonly from: string
  readonly subject: string
  readonly text: string
}

export interface Office {
  /** Texts by path; a folder is there where a file is in it. */
  readonly files: Readonly<Record<string, string>>
  readonly inbox: readonly Mail[]
  readonly sent: readonly { readonly to: string; readonly text: string }[]
  readonly people: readonly string[]
}

const MOST_FILES = 200
const MOST_SENT = 50
const MOST_FOUND = 50
const path = z
  .string()
  .max(200)
  .regex(/^(?:\/[A-Za-z0-9_.-]+)+$/, "a path is like '/notes/monday.txt'")
const folder = z.union([z.literal('/'), path])
const content = z.string().max(10_000)

export const officeTools: Tools<Office> = {
  list: tool({
    about: 'What is in a folder; folders end in /.',
    input: z.object({ folder }),
    run: ({ files }: Office, { folder }) => ({ result: listed(files, folder) }),
  }),
  read: tool({
    about: 'The text of a file.',
    input: z.object({ path }),
    run: ({ files }: Office, { path }) => ({ result: fileAt(files, path) }),
  }),
  write: tool({
    about: 'Write a file, a new one or over the old one.',
    input: z.object({ path, text: content }),
    run: (office: Office, { path, text }) => ({
      result: 'written',
      state: { ...office, files: { ...withRoom(office.files, path), [path]: text } },
    }),
  }),
  move: tool({
    about: 'Move a file to where none is yet.',
    input: z.object({ from: path, to: path }),
    run(office: Office, { from, to }) {
      const text = fileAt(office.files, from)
      if (Object.hasOwn(office.files, to)) throw new ToolError(`there is a file '${quoted(to)}' already`)
      const { [from]: _, ...others } = office.files
      return { result: 'moved', state: { ...office, files: { ...withRoom(others, to), [to]: text } } }
    },
  }),
  search_files: tool({
    about: `The paths of the files that hold this text, upper and lower case alike, at most ${MOST_FOUND}.`,
    input: z.object({ text: z.string().min(1).max(200) }),
    run: ({ files }: Office, { text }) => ({ result: found(files, text) }),
  }),
  messages: tool({
    about: 'The messages that were received: ids, senders and subjects.',
    input: z.object({}),
    run: ({ inbox }: Office) => ({ result: inbox.map(({ id, from, subject }) => ({ id, from, subject })) }),
  }),
  read_message: tool({
    about: 'The text of a message.',
    input: z.object({ id: z.string() }),
    run({ inbox }: Office, { id }) {
      const mail = inbox.find((one) => one.id === id)
      if (!mail) throw new ToolError(`there is no message '${quoted(id)}'`)
      return { result: mail.text }
    },
  }),
  send: tool({
    about: 'Send somebody a message. It cannot be taken back.',
    input: z.object({ to: z.string(), text: content }),
    run(office: Office, { to, text }) {
      if (!office.people.includes(to))
        throw new ToolError(`there is nobody called '${quoted(to)}': ${office.people.join(', ')}`)
      if (office.sent.length >= MOST_SENT) throw new ToolError(`no more than ${MOST_SENT} messages can be sent`)
      return { result: 'sent', state: { ...office, sent: [...office.sent, { to, text }] } }
    },
  }),
  finish: tool({
    about: 'Say that all is done. This ends the task.',
    input: z.object({}),
    run: (_: Office) => ({ result: 'done', end: true }),
  }),
}

type Files = Office['files']

function fileAt(files: Files, path: string): string {
  const text = Object.hasOwn(files, path) ? files[path] : undefined
  if (text === undefined) throw new ToolError(`there is no file '${quoted(path)}'`)
  return text
}

/** These files, where one more of this path can be among them. */
function withRoom(files: Files, path: string): Files {
  const paths = Object.keys(files)
  const file = paths.find((one) => path.startsWith(`${one}/`))
  if (file !== undefined) throw new ToolError(`'${quoted(file)}' is a file and no folder`)
  if (paths.some((one) => one.startsWith(`${path}/`))) throw new ToolError(`'${quoted(path)}' is a folder`)
  if (paths.length >= MOST_FILES && !Object.hasOwn(files, path))
    throw new ToolError(`there is room for ${MOST_FILES} files and no more`)
  return files
}

function listed(files: Files, folder: string): string[] {
  const inside = folder === '/' ? '/' : `${folder}/`
  const rest = Object.keys(files).flatMap((path) => (path.startsWith(inside) ? [path.slice(inside.length)] : []))
  if (rest.length === 0) throw new ToolError(`there is no folder '${quoted(folder)}'`)
  return [...new Set(rest.map((name) => name.replace(/\/.*$/, '/')))].sort()
}

function found(files: Files, text: string): string[] {
  const wanted = text.toLowerCase()
  const all = Object.keys(files).filter((path) => files[path]!.toLowerCase().includes(wanted))
  return all.sort().slice(0, MOST_FOUND)
}

export interface Invoice {
  readonly number: number
  readonly customer: string
  readonly amount: number
  readonly status: string
}

/** What an office was filled with: what the jobs in it are about. */
export interface Contents {
  readonly office: Office
  readonly invoices: readonly Invoice[]
  readonly rooms: ReadonlyMap<string, number>
  readonly question: { readonly by: string; readonly about: string }
  readonly phone: { readonly of: string; readonly number: number }
}

export const STATUSES = ['paid', 'open', 'void'] as const
const GIVEN = 'Ada Bruno Cora Dimitri Elif Fabian Greta Hakan Ivana Jasper Kaori Leon'.split(' ')
const FAMILY = 'Albers Bianchi Castell Dorn Eklund Ferro Grau Holm Ito Jansen Kessler Lund'.split(' ')
const FIRMS = 'Voltik Mills,Harken Foods,Ostra Line,Pinfold Paper,Quandt Tools,Ruby Glass'.split(',')
const SUBJECTS = 'delivery,lunch,contract,parking,printer,holidays'.split(',')
const REMARKS = [
  'It is later than we thought',
  'Nobody has signed yet',
  'The second one is broken',
  'We meet on Tuesday',
  'Please tell the others',
  'It costs more than last year',
]

const filled = new Map<number, Contents>()

/** The office of a number: the same one for the same number, made once. */
export function fillOffice(number: number): Contents {
  const contents = filled.get(number) ?? freshOffice(number)
  filled.set(number, contents)
  return contents
}

function freshOffice(number: number): Contents {
  const rng = random(seedOf('office', number))
  const families = rng.shuffle(FAMILY)
  const people = rng
    .shuffle(GIVEN)
    .slice(0, 8)
    .map((given, i) => `${given} ${families[i]}`)
  const invoices = invoicesOf(rng)
  const rooms = new Map(people.map((name) => [name, 100 + rng.int(300)]))
  const [asker, about, moved] = rng.shuffle(people) as [string, string, string]
  const phone = { of: moved, number: 1000 + rng.int(9000) }
  const files = [
    ...invoices.map(({ number, customer, amount, status }) => [
      `/invoices/${number}.txt`,
      `Invoice ${number}\nCustomer: ${customer}\nAmount: ${amount}\nStatus: ${status}`,
    ]),
    ...people.map((name) => [fileOn(name), `Name: ${name}\nRoom: ${rooms.get(name)}\nPhone: ${1000 + rng.int(9000)}`]),
    ...FIRMS.map((firm, i) => [
      `/notes/${SUBJECTS[i]}.txt`,
      `${firm}: ${rng.pick(REMARKS)}. Amount and status are not clear.`,
    ]),
  ]
  const mails = [
    { from: asker, subject: 'a question', text: `Which room is ${about} in?` },
    { from: moved, subject: 'my phone', text: `My new phone number is ${phone.number}.` },
    ...rng.shuffle(SUBJECTS).map((subject) => ({
      from: rng.pick(people),
      subject,
      text: `About the ${subject}: ${rng.pick(REMARKS)}. ${rng.pick(REMARKS)}.`,
    })),
  ]
  const inbox = rng.shuffle(mails).map((mail, i) => ({ id: `m${i + 1}`, ...mail }))
  const office = { files: Object.fromEntries(files), inbox, sent: [], people }
  return { office, invoices, rooms, question: { by: asker, about }, phone }
}

/** Where what is known of somebody stands. */
export const fileOn = (name: string): string => `/people/${name.toLowerCase().replace(' ', '-')}.txt`

function invoicesOf(rng: Random): Invoice[] {
  const first = 1000 + rng.int(8000)
  const customers = rng.shuffle(FIRMS).slice(0, 4)
  return Array.from({ length: 16 }, (_, i) => ({
    number: first + i,
    customer: customers[i % customers.length]!,
    amount: 10 + rng.int(990),
    status: rng.pick(STATUSES),
  }))
}
