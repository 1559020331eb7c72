/** How an answer is told from what else a message says: what is asked for, how it is read, and how it is written. */
import { fenced, fences, pythonOf } from '../../core/index.ts'

export interface AnswerForm {
  /** The sentence that asks for it. */
  readonly says: string
  /** The answer in a message, or null where the message holds none in this form. */
  read(text: string): string | null
  /** A message that gives this answer. */
  write(answer: string): string
}

export const wholeMessage: AnswerForm = {
  says: 'Answer with the answer alone.',
  read: (text) => text.trim() || null,
  write: (answer) => answer,
}

/** What follows the last `Answer:` that begins a line, to the end of the message; code blocks aside. */
export const afterAnswer: AnswerForm = {
  says: 'Give your answer on a line of its own, as `Answer: …`.',
  read(text) {
    const found = fences(text).outside.split(/^[ \t*]*Answer:[ \t*]*/im)
    return found.length > 1 ? found.at(-1)!.trim() || null : null
  },
  write: (answer) => `Answer: ${answer}`,
}

/** All Python blocks of the message together. */
export const pythonBlock: AnswerForm = {
  says: 'Answer with one ```python code block.',
  read: (text) => pythonOf(fences(text).blocks),
  write: (answer) => fenced('python', answer),
}

/** The last block that is marked as the submission. */
export const submitBlock: AnswerForm = {
  says: 'Submit the whole program in one ```submit code block.',
  read: (text) => fences(text).blocks.findLast(({ tag }) => tag === 'submit')?.code ?? null,
  write: (answer) => fenced('submit', answer),
}
