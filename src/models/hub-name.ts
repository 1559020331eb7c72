/** A model's name on a hub, in parts. Nothing of a name that could lead out of a folder gets through. */

export interface HubName {
  /** 'owner/name' */
  readonly repository: string
  /** A GGUF file of it, by its path; without one, the folder of safetensors is meant. */
  readonly file?: string
  /** A branch, a tag or a commit. */
  readonly revision: string
}

/** `owner/name`, `owner/name@revision`, `owner/name/model.gguf`. Throws a sentence on any other. */
export function parseHubName(text: string): HubName {
  const at = text.lastIndexOf('@')
  const [path, revision] = at < 0 ? [text, 'main'] : [text.slice(0, at), text.slice(at + 1)]
  const parts = path.split('/')
  const file = parts.slice(2).join('/')
  const right = parts.length >= 2 && isInside(path) && (file === '' || file.endsWith('.gguf')) && isRevision(revision)
  if (!right) {
    throw new Error(
      `a model on the hub is hf:<owner>/<name>, hf:<owner>/<name>/<file>.gguf, and either with @<revision>, not 'hf:${text}'`,
    )
  }
  return { repository: parts.slice(0, 2).join('/'), revision, ...(file !== '' && { file }) }
}

/** Whether a path stays below the folder it is joined to: names alone, no '..', nothing that a system reads otherwise. */
export const isInside = (path: string): boolean =>
  path.split('/').every((part) => /^[^\p{C}\\:*?"<>|]{1,200}$/u.test(part) && !/^\.+$/.test(part))

const isRevision = (text: string): boolean => /^[\w./-]{1,200}$/.test(text)
