/** A renderer as a file beside a checkpoint's weights, so that the checkpoint alone is enough to speak with. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Renderer } from '../core/index.ts'
import { chatRenderer } from './chat-renderer.ts'
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

/** The renderer of a checkpoint folder, and its file's text. Throws a sentence where there is none. */
export async function readRenderer(checkpoint: string): Promise<{ renderer: Renderer; text: string }> {
  const path = join(checkpoint, RENDERER_FILE)
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new Error(`the checkpoint '${checkpoint}' has no ${RENDERER_FILE}, so there are no words for its tokens`, {
      cause,
    })
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error(`'${path}' is damaged: it is not JSON`, { cause })
  }
  const { data, error } = file.safeParse(json)
  if (!data) throw new Error(`'${path}' is damaged: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`)
  return { renderer: chatRenderer(tokenizerFrom(data.tokenizer)), text }
}
