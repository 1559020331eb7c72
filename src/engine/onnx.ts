/**
 * Writes ONNX models as bytes: the few protobuf messages of onnx.proto (IR version 10) that a graph of plain
 * nodes needs. Knows nothing of what the nodes compute.
 */

/** A node attribute: an integer, a float, a string or a list of integers. */
export type Attribute = number | { readonly float: number } | string | readonly number[]

export interface OnnxNode {
  readonly op: string
  /** '' is the ONNX standard; 'com.microsoft' holds onnxruntime's own operators. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export type ElementType = 'float32' | 'int64' | 'int8'

/** `dims`: a number is fixed, a name is free. */
export interface OnnxValue {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly (number | string)[]
}

export interface OnnxConstant {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Float32Array | BigInt64Array
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly constants: readonly OnnxConstant[]
}

const OPSET = 18
const ELEMENT: Record<ElementType, number> = { float32: 1, int64: 7, int8: 3 }
const utf8 = new TextEncoder()

/** The bytes of a ModelProto. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const body = [
    ...graph.nodes.map((node) => bytes(1, encodeNode(node))),
    text(2, 'ludus'),
    ...graph.constants.map((constant) => bytes(5, encodeConstant(constant))),
    ...graph.inputs.map((value) => bytes(11, encodeValue(value))),
    ...graph.outputs.map((value) => bytes(12, encodeValue(value))),
  ]
  const opset = (domain: string, version: number): Uint8Array => bytes(8, [text(1, domain), integer(2, version)])
  return join([integer(1, 10), text(2, 'ludus'), bytes(7, body), opset('', OPSET), opset('com.microsoft', 1)])
}

function encodeNode({ op, domain, inputs, outputs, attributes }: OnnxNode): Uint8Array[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, encodeAttribute(name, value))),
    text(7, domain),
  ]
}

function encodeAttribute(name: string, value: Attribute): Uint8Array[] {
  const FLOAT = 1
  const INT = 2
  const STRING = 3
  const INTS = 7
  if (typeof value === 'number') return [text(1, name), integer(3, value), integer(20, INT)]
  if (typeof value === 'string') return [text(1, name), text(4, value), integer(20, STRING)]
  if ('float' in value) return [text(1, name), float(2, value.float), integer(20, FLOAT)]
  return [text(1, name), ...value.map((item) => integer(8, item)), integer(20, INTS)]
}

function encodeValue({ name, type, dims }: OnnxValue): Uint8Array[] {
  const shape = dims.map((dim) => bytes(1, [typeof dim === 'number' ? integer(1, dim) : text(2, dim)]))
  return [text(1, name), bytes(2, [bytes(1, [integer(1, ELEMENT[type]), bytes(2, shape)])])]
}

function encodeConstant({ name, dims, data }: OnnxConstant): Uint8Array[] {
  const type: ElementType = data instanceof Float32Array ? 'float32' : 'int64'
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return [...dims.map((dim) => integer(1, dim)), integer(2, ELEMENT[type]), text(8, name), bytes(9, [raw])]
}

// Protobuf's wire format: varints (0), 32-bit values (5) and length-delimited bytes (2).

function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value))
  const out: number[] = []
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return [...out, Number(rest)]
}

const integer = (field: number, value: number): Uint8Array => Uint8Array.from([...varint(field << 3), ...varint(value)])

function float(field: number, value: number): Uint8Array {
  const out = new Uint8Array(5)
  out[0] = (field << 3) | 5
  new DataView(out.buffer).setFloat32(1, value, true)
  return out
}

function bytes(field: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return join([Uint8Array.from([...varint((field << 3) | 2), ...varint(length)]), ...parts])
}

const text = (field: number, value: string): Uint8Array => bytes(field, [utf8.encode(value)])

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
