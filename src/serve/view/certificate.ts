/** What a run of `ludus check` says of one world or of all, whole or so far. */
import { z } from 'zod'
import type { Manifest } from '../../data/index.ts'
import { Refused } from './runs.ts'
import type { CertificatePage, WorldCertificate } from './wire.ts'

const certificate = z.object({
  env: z.string(),
  certified: z.boolean().nullable().default(null),
  seconds: z.number().optional(),
  promises: z.array(
    z.object({
      name: z.string(),
      verdict: z.enum(['kept', 'broken', 'unchecked']),
      figure: z.string(),
      why: z.string().exactOptional(),
      evidence: z.array(z.string()).exactOptional(),
    }),
  ),
})
const catalogue = z.object({
  worlds: z.array(z.object({ name: z.string(), certificate, seconds: z.number().optional() })),
  notTried: z.array(z.string()).default([]),
})

/** Throws Refused where the run certifies nothing. */
export function certificateOf(id: string, { command, env, result }: Manifest): CertificatePage {
  if (command !== 'check') throw new Refused(404, `the run '${id}' certifies nothing: ludus check <env> does`)
  const all = catalogue.safeParse(result)
  if (all.success)
    return {
      certificates: all.data.worlds.map(({ name, certificate, seconds }) => named(name, { ...certificate, seconds })),
      notTried: all.data.notTried,
    }
  const one = certificate.safeParse(result)
  return { certificates: one.success ? [named(env, one.data)] : [], notTried: [] }
}

const named = (name: string, { seconds = null, ...rest }: Part): WorldCertificate => ({ ...rest, name, seconds })

type Part = Omit<z.infer<typeof certificate>, 'seconds'> & { readonly seconds?: number | null | undefined }
