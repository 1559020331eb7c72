/** Places to run code that nobody vouches for, behind one contract: core's Sandbox. Entered by a name. */
export { sandboxes } from './catalogue.ts'
export { type FaultySandboxOptions, faultySandboxes, type SandboxFault } from './faulty.ts'
export { openSandboxes } from './open-sandboxes.ts'
export type { SandboxEntry, Sandboxes, SandboxKind } from './provider.ts'
