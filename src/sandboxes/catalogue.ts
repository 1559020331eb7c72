/** The sandboxes there are, by name. */
import type { Language } from '../core/index.ts'
import type { SandboxEntry } from './provider.ts'

export const sandboxes: Readonly<Record<string, SandboxEntry>> = {
  python: {
    about: 'Linux namespaces, a fork of a waiting Python for each episode; with a shell and sqlite',
    languages: ['python', 'shell'],
    isolation: 'namespace',
    load: async () => (await import('./namespace.ts')).namespaceSandbox,
  },
  javascript: {
    about: 'QuickJS in WebAssembly, a thread each: any system, nothing to install',
    languages: ['javascript'],
    isolation: 'wasm',
    load: async () => (await import('./quickjs.ts')).quickjs,
  },
  shell: {
    about: 'just-bash, bash and its commands in JavaScript over files in memory: any system; an interpreter, no wall',
    languages: ['shell'],
    isolation: 'none',
    load: async () => (await import('./just-bash.ts')).justBash,
  },
  docker: {
    about: 'a container each, without a network, over the Docker engine of this machine',
    languages: ['python', 'shell'],
    isolation: 'container',
    load: async () => (await import('./docker.ts')).docker,
  },
  e2b: {
    about: 'a virtual machine of e2b.dev each (E2B_API_KEY)',
    languages: ['python', 'shell'],
    isolation: 'vm',
    load: async () => (await import('./e2b.ts')).e2b,
  },
  daytona: {
    about: 'a sandbox of daytona.io each (DAYTONA_API_KEY)',
    languages: ['python', 'shell'],
    isolation: 'container',
    load: async () => (await import('./daytona.ts')).daytona,
  },
  'unsafe-local': {
    about: 'processes of yours in a temporary folder: nothing keeps the code inside',
    languages: ['python', 'javascript', 'shell'],
    isolation: 'none',
    load: async () => (await import('./unsafe-local.ts')).unsafeLocal,
  },
}

/** What 'auto' opens: the first that is as strong as the world demands. */
export const DEFAULTS: Readonly<Record<Language, readonly [string, ...string[]]>> = {
  python: ['python'],
  javascript: ['javascript'],
  shell: ['shell', 'python'],
}
