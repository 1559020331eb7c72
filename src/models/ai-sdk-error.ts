/**
 * What an error of the AI SDK means as a ModelError. Its classes are known by their names and fields alone, so that the
 * package need not be installed.
 */
import { ModelError, type ModelErrorCode } from '../core/index.ts'
import { codeOf, excerpt, type Headers, networkCodeOf, networkError, retryAfterMs } from './http-error.ts'

/** What ludus reads of an APICallError, and of the errors that some providers have instead. */
interface ApiCallError extends Error {
  readonly statusCode?: number
  readonly isRetryable?: boolean
  readonly responseHeaders?: Headers
  readonly responseBody?: string
}

const isApiCallError = (error: unknown): error is ApiCallError =>
  error instanceof Error && ('statusCode' in error || 'isRetryable' in error)

/** Errors about what came back, not about what was asked. */
const ABOUT_THE_ANSWER = new Set([
  'AI_JSONParseError',
  'AI_TypeValidationError',
  'AI_InvalidResponseDataError',
  'AI_EmptyResponseBodyError',
  'AI_NoContentGeneratedError',
])

/** A ModelError comes back as it is. What cannot be told apart is 'refused': asking again would repeat a mistake. */
export function aiSdkError(who: string, error: unknown): ModelError {
  if (error instanceof ModelError) return error
  if (isApiCallError(error)) return apiCallError(who, error)
  if (networkCodeOf(error)) return networkError(who, error)
  const message = error instanceof Error ? error.message : String(error)
  const malformed = error instanceof Error && ABOUT_THE_ANSWER.has(error.name)
  return new ModelError(malformed ? 'malformed' : 'refused', `${who}: ${excerpt(message)}`, { cause: error })
}

function apiCallError(who: string, error: ApiCallError): ModelError {
  const { statusCode, responseHeaders = {} } = error
  // A socket that broke, before the answer or within it.
  if (networkCodeOf(error) || (statusCode === undefined && error.isRetryable)) return networkError(who, error)
  const status = statusCode === undefined ? '' : ` answered ${statusCode}`
  return new ModelError(codeOfCall(error), `${who}${status}: ${excerpt(error.message)}`, {
    cause: error,
    retryAfterMs: retryAfterMs(responseHeaders),
  })
}

/** The status decides, unless the provider knows better whether asking again will help. */
function codeOfCall({ statusCode, isRetryable, message, responseBody = '' }: ApiCallError): ModelErrorCode {
  if (statusCode === undefined) return 'refused'
  if (statusCode < 300) return 'malformed'
  const code = codeOf(statusCode, `${message} ${responseBody}`)
  const never = code === 'refused' || code === 'context'
  if (isRetryable === true && never) return 'server'
  return isRetryable === false && !never ? 'refused' : code
}
