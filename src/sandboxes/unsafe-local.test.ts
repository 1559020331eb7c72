import { examineSandbox } from '../../test/sandbox-exam.ts'
import { openSandboxes } from './open-sandboxes.ts'

for (const language of ['python', 'javascript', 'shell'] as const)
  examineSandbox('unsafe-local', { start: () => openSandboxes('unsafe-local'), language, isolation: 'none' })
