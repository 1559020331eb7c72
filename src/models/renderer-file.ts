/** A renderer as files beside a checkpoint's weights, so that the checkpoint alone is enough to speak with. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Renderer } from '../core/index.ts'
import { chatRenderer, MARKS } from './chat-renderer.ts'
import { HUGGING_FACE_FILES, huggingFaceRenderer } from './hugging-face-renderer.ts'
import { type Tokenizer, tokenizerFrom } from './tokenizer.ts'

export const RENDERER_FILE = 'renderer.json'

const id = z.int().nonnegative()
const file = z.object({
  kind: z.literal('chat'),
  tokenizer: z.object({ kind: z.literal('byte-pairs'), merges: z.array(z.tuple([id, id]).readonly()).readonly() }),
})

/** The file's text for a chat renderer with this tokenizer. */
export function rendererFile(tokenizer: Tokenizer): string {
  return `${JSON.stringify({ kind: 'chat', tokenizer: tokenizer.toJSON() } satisfies z.infer<typeof file>)}\n`
}

/** A checkpoint's renderer, and what the next checkpoint needs to have it too. */
export interface CheckpointRenderer {
  readonly renderer: Renderer
  /** Its ids run from 0 to size − 1: the model's vocabulary must be as large. */
  readonly size: number
  /** The files it was read from: names to texts. */
  readonly files: Readonly<Record<string, string>>
}

/** From renderer.json, or else from Hugging Face's files. Throws a sentence where there are neither. */
export async function readRenderer(checkpoint: string): Promise<CheckpointRenderer> {
  const own = await readIfThere(join(checkpoint, RENDERER_FILE))
  if (own !== undefined) return chatRendererFrom(own, join(checkpoint, RENDERER_FILE))
  const files: Record<string, string> = {}
  for (const name of HUGGING_FACE_FILES) {
    const text = await readIfThere(join(checkpoint, name))
    if (text !== undefined) files[name] = text
  }
  return rendererFrom(files, checkpoint)
}

/** The same from Hugging Face's files, wherever they came from; `checkpoint` is for errors. */
export function rendererFrom(files: Readonly<Record<string, string>>, checkpoint: string): CheckpointRenderer {
  if (files['tokenizer.json'] === undefined) {
    throw new Error(
      `the checkpoint '${checkpoint}' has no ${RENDERER_FILE} and no tokenizer.json, so there are no words for its tokens`,
    )
  }
  return { ...huggingFaceRenderer(files, checkpoint), files }
}

function chatRendererFrom(text: string, path: string): CheckpointRenderer {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error(`'${path}' is damaged: it is not JSON`, { cause })
  }
  const { data, error } = file.safeParse(json)
  if (!data) throw new Error(`'${path}' is damaged: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`)
  const tokenizer = tokenizerFrom(data.tokenizer)
  return { renderer: chatRenderer(tokenizer), size: tokenizer.size + MARKS, files: { [RENDERER_FILE]: text } }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
