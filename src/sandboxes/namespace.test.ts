import { examineSandbox } from '../../test/sandbox-exam.ts'
import { namespaceSandbox } from './namespace.ts'
import { openSandboxes } from './open-sandboxes.ts'

const missing = await namespaceSandbox.missing()
if (missing !== undefined) process.stderr.write(`the python sandbox was not examined: ${missing}\n`)
else
  for (const language of ['python', 'shell'] as const)
    examineSandbox('python', { start: () => openSandboxes('python'), language, isolation: 'namespace' })
