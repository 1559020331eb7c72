/**
 * CodeAct (Wang et al. 2024): code is the only way to act. A message with a code block, or with the paper's
 * `<execute>`, runs it; plain text is the answer. Whatever tools the world offers as calls are not shown to the model.
 */
import { type Agent, type AssistantMessage, fenced, fences } from '../core/index.ts'

export function codeact(): Agent {
  return {
    id: 'codeact',
    async play(episode) {
      const model = episode.model()
      while (!episode.done) {
        const { message } = await model.complete({ messages: episode.history })
        await episode.step(actionOf(message))
      }
    },
  }
}

function actionOf(message: AssistantMessage): AssistantMessage {
  const { calls, ...rest } = message
  const content = executed(message.content)
  const acts = fences(content).blocks.length > 0 || /^[ \t*]*Answer:/im.test(content) || content.trim() === ''
  return { ...rest, content: acts ? content : `Answer: ${content.trim()}` }
}

/** The paper's `<execute>…</execute>` as code blocks. */
function executed(content: string): string {
  const [before = '', ...parts] = content.split('<execute>')
  const blocks = parts.map((part) => {
    const end = part.indexOf('</execute>')
    if (end < 0) return `<execute>${part}`
    return `\n${fenced('python', part.slice(0, end).trim())}\n${part.slice(end + '</execute>'.length)}`
  })
  return before + blocks.join('')
}
