/** The embedded engine: a decoder trained and sampled inside Node. Knows tokens and weights, and nothing of worlds. */
export { readConfig } from './checkpoint.ts'
export * from './engine.ts'
export { isGguf } from './gguf.ts'
export { ggufFiles } from './gguf-tokenizer.ts'
export type { LlamaConfig } from './llama.ts'
export { LINEAR, type LoraConfig } from './lora.ts'
export { type Mismatch, mismatch } from './mismatch.ts'
