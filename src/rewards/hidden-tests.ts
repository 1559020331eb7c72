/**
 * Hidden tests of Python functions, in two fresh sandboxes: the agent's code is in one, the tests are in the other, and
 * between them go plain values alone (law 6).
 *
 * A test calls what looks like the agent's function: its arguments go over as text, and what comes back is data, of
 * builtin types, made on the tests' side. So there is nothing for the agent's code to get hold of: no expected value, no
 * assertion, no frame of a test, no success marker, no exit code that counts. An object that equals everything, a
 * patched builtin, `sys.exit(0)`, a kill of its own process or a forged reply come to a wrong value or to none. What
 * remains: it sees the arguments, so it may know by heart an input that was published; it knows that it is examined.
 */
import { randomUUID } from 'node:crypto'
import type { ExecResult, Judged, Sandbox } from '../core/index.ts'
import { PLAIN_VALUES } from './plain-values.ts'

/** A score with its reason. */
export interface Scored {
  readonly value: number
  readonly why: string
}

/** Opens a fresh sandbox: `judged.sandbox`, or a function around it that asks for more memory, say. */
export type Place = Judged<never, never>['sandbox']

export interface HiddenTests {
  /** The agent's: defines what is tested. */
  readonly code: string
  /** Ours: Python that raises where the code is wrong. */
  readonly tests: string
  /** The functions of the agent's that the tests call. They see copies of their arguments. */
  readonly names: readonly string[]
  /** Ours: Python that the tests need, imports and helpers. The agent's code does not see it. */
  readonly context?: string
  /** For all of the agent's code together, and as much for the tests; 10,000 unless given. */
  readonly timeoutMs?: number
}

/** 1 where the tests come to their end, else 0. Throws where the tests or their context are no Python. */
export async function testsPass(place: Place, hidden: HiddenTests): Promise<Scored> {
  const spec = { language: 'python', outputBytes: 4 * 2 ** 20 } as const
  await using opened = new AsyncDisposableStack()
  const open = async (): Promise<Sandbox> => opened.use(await place(spec))
  const [ours, theirs] = await Promise.all([open(), open()])
  const { code, tests, names, context = '', timeoutMs = 10_000 } = hidden
  const candidate = talk(theirs, timeoutMs)
  const examiner = talk(ours, timeoutMs)
  const failed = await candidate.load(CANDIDATE, code)
  if (failed) return no(`the code ${failed}`)
  const wrong = await examiner.load(
    EXAMINER,
    `__ludus__['prepare'](${[tests, context, JSON.stringify(names)].map(python)})`,
  )
  if (wrong) throw new Error(`these tests cannot be run: ${wrong}`)

  let request = await examiner.ask('next', 'null')
  while (request.said?.['call'] !== undefined) {
    const reply = await candidate.ask('call', JSON.stringify(request.said['call']))
    if (!reply.said) return no(`the code ${reply.why}`)
    // As text: what the agent's side sent is taken apart on the tests' side alone.
    request = await examiner.ask('next', reply.text)
  }
  if (!request.said) return no(`the tests ${request.why}`)
  const { failure } = request.said
  return failure === null ? { value: 1, why: 'the tests pass' } : no(`the tests fail: ${failure}`)
}

const no = (why: string): Scored => ({ value: 0, why })

/** A text as a Python literal. */
const python = (text: string): string => `"${[...JSON.stringify(text).slice(1, -1)].map(escaped).join('')}"`
const escaped = (character: string): string =>
  character > '~' ? `\\U${character.codePointAt(0)!.toString(16).padStart(8, '0')}` : character

type Said = Readonly<Record<string, unknown>>

interface Answer {
  /** The JSON object that came back, and its text; or why there is none. */
  readonly said?: Said
  readonly text: string
  readonly why: string
}

/** One sandbox as a partner that is told and asked, for so long altogether. */
function talk(sandbox: Sandbox, timeoutMs: number) {
  let left = timeoutMs
  const run = async (code: string): Promise<ExecResult> => {
    const result = await sandbox.exec(code, { timeoutMs: Math.max(1, Math.ceil(left)) })
    left -= result.timeMs
    return result
  }
  return {
    /** Why it could not be loaded, if so. */
    async load(library: string, code: string): Promise<string | undefined> {
      const setting = await run(`__ludus__ = {}\nexec(${python(PLAIN_VALUES + library)}, __ludus__)`)
      if (setting.exitCode !== 0) throw new Error(`a judge's sandbox does not run: ${ended(setting)}`)
      const result = await run(code)
      return result.exitCode === 0 ? undefined : ended(result)
    },
    /** `message` is JSON. */
    async ask(name: string, message: string): Promise<Answer> {
      if (left <= 0) return { text: '', why: `took more than ${timeoutMs} ms` }
      // Not from a seed: whoever prints must not be able to say it beforehand. It never shows in a result.
      const nonce = randomUUID()
      const result = await run(`__ludus__['${name}'](globals(), '${nonce}', ${python(message)})`)
      const [, text = ''] = result.stdout.split(nonce)
      const said = object(text)
      return said && result.exitCode === 0 ? { said, text, why: '' } : { text, why: ended(result) }
    },
  }
}

function object(text: string): Said | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** How a run ended that did not end well. */
function ended({ died, timedOut, truncated, exitCode, stderr }: ExecResult): string {
  if (timedOut) return 'took too long'
  if (died !== undefined) return `ended its interpreter (${died})`
  if (truncated) return 'gave back more than 4 MiB'
  return stderr.trim().split('\n').at(-1)?.slice(0, 300) || `gave no answer (exit code ${exitCode})`
}

/** In the agent's sandbox: calls a function of the agent's and says what became of it. */
const CANDIDATE = String.raw`
import contextlib

class Sink:
    def write(self, text): return len(text)
    def flush(self): pass

def call(scope, nonce, message):
    name, arguments, named = json.loads(message)
    try:
        if name not in scope:
            raise NameError("the code defines no '" + name + "'")
        with contextlib.redirect_stdout(Sink()), contextlib.redirect_stderr(Sink()):
            reply = {'value': pack(scope[name](*unpack(arguments), **unpack(named)))}
    except BaseException as error:
        reply = {'error': type(error).__name__, 'message': str(error)[:300]}
    print('\n' + nonce + json.dumps(reply) + nonce)
`

/**
 * In ours: runs the tests in a thread that waits whenever it calls a function of the agent's. 'next' hands it what came
 * back (null at first), and answers with the next call, or with how the tests ended.
 */
const EXAMINER = String.raw`
import builtins, queue, threading

calls, replies = queue.Queue(), queue.Queue()

class CandidateError(Exception):
    """What the code raised, where it is none of Python's own exceptions."""

def remote(name):
    def function(*arguments, **named):
        calls.put({'call': [name, pack(list(arguments)), pack(named)]})
        reply = replies.get()
        if 'value' in reply:
            return unpack(reply['value'])
        kind = getattr(builtins, str(reply.get('error')), None)
        own = isinstance(kind, type) and issubclass(kind, Exception) and kind not in (UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError)
        raise (kind if own else CandidateError)(str(reply.get('message')))
    function.__name__ = name
    return function

def prepare(tests, context, names):
    global thread
    context, tests = compile(context, '<context>', 'exec'), compile(tests, '<tests>', 'exec')
    def run():
        try:
            scope = {'__name__': 'tests'}
            exec(context, scope)
            scope.update((name, remote(name)) for name in json.loads(names))
            exec(tests, scope)
            calls.put({'failure': None})
        except BaseException as error:
            calls.put({'failure': (type(error).__name__ + ': ' + str(error))[:300]})
    thread = threading.Thread(target=run, daemon=True)

def next(scope, nonce, message):
    reply = json.loads(message)
    if reply is None:
        thread.start()
    else:
        replies.put(reply)
    print('\n' + nonce + json.dumps(calls.get()) + nonce)
`
