/**
 * A computation written down: nodes, and a tape from which gradients are written down too. Symbolic through and
 * through; nothing is computed here, and nothing is known of the operators.
 */
import {
  type Attribute,
  type ElementType,
  encodeModel,
  type OnnxConstant,
  type OnnxNode,
  type OnnxValue,
} from './onnx.ts'

/** A value to be. `dims` where they matter to whoever consumes it: a number is fixed, a name is free. */
export interface Tensor {
  readonly name: string
  readonly dims: readonly (number | string)[]
}

/** Given ∂L/∂output, writes down ∂L/∂input for each input; undefined where an input has no gradient. */
type Pullback = (cotangent: Tensor) => readonly (Tensor | undefined)[]

interface NodeOptions {
  readonly domain?: string
  readonly outputs?: number
  readonly dims?: Tensor['dims']
  readonly [attribute: `@${string}`]: Attribute
}

export class Graph {
  readonly #nodes: OnnxNode[] = []
  readonly #inputs: OnnxValue[] = []
  readonly #constants = new Map<string, OnnxConstant>()
  readonly #tape: { output: Tensor; inputs: readonly Tensor[]; pullback: Pullback }[] = []

  input(name: string, type: ElementType, dims: Tensor['dims']): Tensor {
    this.#inputs.push({ name, type, dims })
    return { name, dims }
  }

  /** A constant under a name of its own; the first one under a name stays. */
  constant(name: string, data: Float32Array | BigInt64Array, dims: readonly number[] = [data.length]): Tensor {
    if (!this.#constants.has(name)) this.#constants.set(name, { name, dims, data })
    return { name, dims }
  }

  integers(...values: readonly number[]): Tensor {
    return this.constant(`i[${values.join()}]`, BigInt64Array.from(values, BigInt))
  }

  scalar(value: number): Tensor {
    return this.constant(`f(${value})`, Float32Array.of(value), [])
  }

  /** One node, with attributes written as '@name'. Its outputs; only the first has the given dims. */
  nodes(op: string, inputs: readonly Tensor[], options: NodeOptions = {}): [Tensor, ...Tensor[]] {
    const { domain = '', outputs: count = 1, dims = [], ...attributes } = options
    const name = (i: number): string => `${op}_${this.#nodes.length}${i > 0 ? `.${i}` : ''}`
    const rest = Array.from({ length: count - 1 }, (_, i) => ({ name: name(i + 1), dims: [] }))
    const outputs: [Tensor, ...Tensor[]] = [{ name: name(0), dims }, ...rest]
    this.#nodes.push({
      op,
      domain,
      inputs: inputs.map((input) => input.name),
      outputs: outputs.map((output) => output.name),
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key.slice(1), value])),
    })
    return outputs
  }

  node(op: string, inputs: readonly Tensor[], options?: NodeOptions): Tensor {
    return this.nodes(op, inputs, options)[0]
  }

  /** Puts a value on the tape: how its gradient becomes its inputs' gradients. */
  record(output: Tensor, inputs: readonly Tensor[], pullback: Pullback): Tensor {
    this.#tape.push({ output, inputs, pullback })
    return output
  }

  /** Reverse mode: writes down ∂L/∂x for each of `wrt`, given ∂L/∂output of some. Throws where L does not depend on x. */
  gradients(given: readonly (readonly [output: Tensor, cotangent: Tensor])[], wrt: readonly Tensor[]): Tensor[] {
    const found = new Map<string, Tensor>(given.map(([{ name }, cotangent]) => [name, cotangent]))
    for (const { output, inputs, pullback } of this.#tape.toReversed()) {
      const cotangent = found.get(output.name)
      if (!cotangent) continue
      pullback(cotangent).forEach((gradient, i) => {
        const name = inputs[i]?.name
        if (!gradient || name === undefined) return
        const before = found.get(name)
        found.set(name, before ? this.node('Add', [before, gradient]) : gradient)
      })
    }
    return wrt.map(({ name }) => {
      const gradient = found.get(name)
      if (!gradient) throw new Error(`nothing depends on '${name}'`)
      return gradient
    })
  }

  /** The model's bytes; its outputs go by the given names. What no output depends on is left out, inputs excepted. */
  compile(outputs: Readonly<Record<string, Tensor>>): Uint8Array {
    const named = Object.entries(outputs)
    const needed = new Set(named.map(([, { name }]) => name))
    const nodes = this.#nodes.toReversed().filter((node) => {
      const wanted = node.outputs.some((output) => needed.has(output))
      if (wanted) for (const input of node.inputs) needed.add(input)
      return wanted
    })
    const identities = named.map(([name, { name: from }]) => ({
      op: 'Identity',
      domain: '',
      inputs: [from],
      outputs: [name],
      attributes: {},
    }))
    return encodeModel({
      nodes: [...nodes.toReversed(), ...identities],
      inputs: this.#inputs,
      outputs: named.map(([name, { dims }]) => ({ name, type: 'float32', dims })),
      constants: [...this.#constants.values()].filter(({ name }) => needed.has(name)),
    })
  }
}
