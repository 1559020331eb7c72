/**
 * The engine beside llama.cpp: `LUDUS_LLAMA_CPP=<folder> node bench/llama-cpp.ts <file.gguf> [<the same in F32>]`, where
 * the folder holds node_modules/node-llama-cpp. Ten prompts are answered greedily with up to 64 tokens, and llama.cpp is
 * asked after every token what it would have said. It must have said the same, or have found two tokens next to equal.
 * The exit code is 1 where it did not. llama.cpp reads the second file where there is one: it rounds what it multiplies
 * quantised weights with, so what it makes of those is no measure of exactness (gguf-f32.py makes the other file).
 */
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { user } from '../src/core/index.ts'
import { ggufFiles, openEngine } from '../src/engine/index.ts'
import { huggingFaceWords } from '../src/models/hugging-face-tokenizer.ts'
import { rendererFrom } from '../src/models/index.ts'

/** Logits of two tokens that are this near may change places. */
const NEAR = 0.05
const TOKENS = 64
const PROMPTS = [
  'What is the capital of France?',
  'Write two sentences about rain.',
  'List three prime numbers and say why they are prime.',
  'Translate "good morning" into German, Italian and Spanish.',
  'A train leaves at 9:40 and arrives at 11:05. How long does it travel?',
  'Write a Python function that reverses a string.',
  'Who wrote "Hamlet", and when?',
  'Explain photosynthesis to a child.',
  'Why is the sky blue? 请简短回答。',
  'Continue the story: the fox looked up, and',
]

/** The part of node-llama-cpp that is used here. */
interface Next {
  readonly next: { readonly logits: ReadonlyMap<number, number> }
}
type Item = number | readonly [number, { readonly generateNext: object }]
interface Sequence {
  controlledEvaluate(input: readonly Item[]): Promise<readonly (Next | undefined)[]>
  clearHistory(): Promise<void>
}
interface LlamaCpp {
  readonly tokenize: (text: string, special: boolean) => readonly number[]
  readonly sequence: Sequence
  close(): Promise<void>
}

const [ours, theirs = ours] = process.argv.slice(2)
const folder = process.env['LUDUS_LLAMA_CPP']
if (!ours || !theirs) throw new Error('which model? node bench/llama-cpp.ts <file.gguf> [<the same in F32>]')
if (!folder) {
  throw new Error(
    'LUDUS_LLAMA_CPP names no folder with node-llama-cpp in it: npm install --prefix <folder> --ignore-scripts ' +
      '--omit=optional node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1',
  )
}

async function openLlamaCpp(folder: string, path: string): Promise<LlamaCpp> {
  const entry = createRequire(join(resolve(folder), 'node_modules', '_')).resolve('node-llama-cpp')
  const { getLlama } = await import(pathToFileURL(entry).href)
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' })
  const model = await llama.loadModel({ modelPath: resolve(path) })
  // Otherwise it keeps what was said in 16 bits, and its fused attention rounds to them too.
  const exact = { flashAttention: false, experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' }
  const context = await model.createContext({ contextSize: 1024, ...exact })
  return {
    tokenize: (text, special) => model.tokenize(text, special),
    sequence: context.getSequence(),
    close: () => llama.dispose(),
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const files = await ggufFiles(ours)
const { renderer, size } = rendererFrom(files, ours)
const words = huggingFaceWords(JSON.parse(files['tokenizer.json']!), JSON.parse(files['tokenizer_config.json']!), ours)
await using engine = await openEngine(ours, { tokens: size })
const llamaCpp = await openLlamaCpp(folder, theirs)

/** What llama.cpp thinks of each token of a text after a prompt: its log-probability, and which one it would choose. */
async function opinions(prompt: readonly number[], text: readonly number[]) {
  const all = [...prompt, ...text.slice(0, -1)]
  await llamaCpp.sequence.clearHistory()
  const answers = await llamaCpp.sequence.controlledEvaluate(
    all.map((id, i) => (i < prompt.length - 1 ? id : [id, { generateNext: { logits: true } }])),
  )
  return text.map((token, t) => {
    const logits = [...answers[prompt.length - 1 + t]!.next.logits]
    const [best, most] = logits.reduce((a, b) => (b[1] > a[1] ? b : a))
    const gap = most - logits.find(([id]) => id === token)![1]
    const sum = logits.reduce((total, [, logit]) => total + Math.exp(logit - most), 0)
    return { best, gap, logprob: -gap - Math.log(sum) }
  })
}

/** How much likelier, in logarithms, we find a text's last token than another in its place. */
async function gapOf(before: readonly number[], token: number, other: number): Promise<number> {
  const [a, b] = await engine.logprobs([
    [...before, token],
    [...before, other],
  ])
  return a!.at(-1)! - b!.at(-1)!
}

let [same, failed, tokens, furthest] = [0, 0, 0, 0]
for (const [p, question] of PROMPTS.entries()) {
  const prompt = renderer.prompt([user(question)])
  const cut = `${llamaCpp.tokenize(words.spell(prompt)!, true)}` === `${prompt}`
  if (!cut) say(`prompt ${p}: llama.cpp cuts the text into other tokens`)
  const sampling = { temperature: 0, maxTokens: TOKENS, stop: renderer.stop, seed: 0 }
  const [sample] = await engine.sample(prompt, sampling)
  const text = sample!.tokens
  const theirs = await opinions(prompt, text)
  tokens += text.length
  const difference = Math.max(...theirs.map(({ logprob }, t) => Math.abs(logprob - sample!.logprobs[t]!)))
  furthest = Math.max(furthest, difference)
  say(`prompt ${p}: ${text.length} tokens, log-probabilities to ${difference.toExponential(1)}`)
  const first = theirs.findIndex(({ best }, t) => best !== text[t])
  if (first < 0 && cut) same++
  if (first < 0) {
    if (!cut) failed++
    continue
  }
  const [token, other] = [text[first]!, theirs[first]!.best]
  const gap = await gapOf([...prompt, ...text.slice(0, first)], token, other)
  const near = gap <= NEAR
  if (!near || !cut) failed++
  say(
    `prompt ${p}, token ${first}: we say ${JSON.stringify(words.spell([token]))} by ${gap.toFixed(4)}, llama.cpp says ` +
      `${JSON.stringify(words.spell([other]))} by ${theirs[first]!.gap.toFixed(4)}${near ? '' : `: more than ${NEAR}`}`,
  )
}
say(`${tokens} tokens; largest difference of a log-probability ${furthest.toExponential(1)}`)
say(`of ${PROMPTS.length} texts ${same} the same, ${PROMPTS.length - same - failed} next to it, ${failed} others`)
await llamaCpp.close()
process.exitCode = failed > 0 ? 1 : 0
