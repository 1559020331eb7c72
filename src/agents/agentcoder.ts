/**
 * AgentCoder (Huang et al. 2023): a programmer writes the program, a test designer who never sees it writes tests, and
 * an executor runs the one against the other until they agree or five rounds are over. That its own tests pass says
 * when to stop, and nothing of success: that is for the world to judge.
 */
import {
  type Agent,
  type AssistantMessage,
  type Episode,
  fences,
  type Message,
  system,
  textOf,
  user,
} from '../core/index.ts'

export interface AgentcoderOptions {
  /** Programs written, the first included; 5 unless given, as in the paper. */
  readonly rounds?: number
}

const PROGRAMMER = `You are a programmer. Think the problem through step by step, then write the whole program, its \
imports included, in one \`\`\`python code block.`
const DESIGNER = `You are a test designer. Write tests for the program that the task asks for, as Python assertions in \
one \`\`\`python code block: basic cases, edge cases, and large inputs. Do not write the program itself.`
/** Printed when the designer's tests have come to their end. */
const PASSED = 'all of the designed tests pass'

/** Plays worlds that run code and take a program. Throws where a world offers no 'execute' and 'submit'. */
export function agentcoder({ rounds = 5 }: AgentcoderOptions = {}): Agent {
  return {
    id: 'agentcoder',
    async play(episode) {
      const offered = episode.observation.tools?.map(({ name }) => name) ?? []
      if (!['execute', 'submit'].every((name) => offered.includes(name)))
        throw new Error("agentcoder needs a world that runs code and takes a program, like 'humaneval:repair'")
      const task = episode.history.filter(({ role }) => role === 'user')
      const talk: Message[] = [system(PROGRAMMER), ...task]
      let program = await answered(episode, 'programmer', talk)
      const tests = await answered(episode, 'test-designer', [system(DESIGNER), ...task])
      for (let round = 1; !episode.done; round++) {
        const tried = await act(episode, 'execute', { code: `${program.code}\n${tests.code}\nprint('${PASSED}')` })
        const done = tried.includes(PASSED) || round >= rounds
        const said = done && !episode.done ? await act(episode, 'submit', { answer: program.code }) : tried
        if (episode.done || round >= rounds) return
        talk.push(
          program.message,
          user(`This is what came of running it:\n${said}\nMend the program, and write it whole.`),
        )
        program = await answered(episode, 'programmer', talk)
      }
    },
  }
}

interface Answered {
  readonly message: AssistantMessage
  readonly code: string
}

/** What a seat says, and the code in it; all of it where it stands in no block. */
async function answered(episode: Episode, seat: string, messages: readonly Message[]): Promise<Answered> {
  const { message } = await episode.model(seat).complete({ messages })
  const { blocks } = fences(message.content)
  return { message, code: blocks.length > 0 ? blocks.map(({ code }) => code).join('\n') : message.content }
}

/** Through the world's own tools, so that it is on the record; what it answered. */
async function act(episode: Episode, name: string, given: Readonly<Record<string, string>>): Promise<string> {
  const calls = [{ id: name, name, arguments: given }]
  const { observation } = await episode.step({ role: 'assistant', content: '', calls })
  return observation.messages.map(textOf).join('\n')
}
