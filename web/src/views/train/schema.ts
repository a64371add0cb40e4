/** A workload's JSON Schema read as the fields of a form: whatever a workload takes, it gets its form from here. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type Values = Record<string, Json>
export type Path = readonly string[]

export interface Bounds {
  min?: number
  max?: number
  /** The bound itself is not allowed. */
  above?: boolean
  below?: boolean
}

/** Under which values of its neighbours a field does anything: one of the alternatives must hold. */
export type When = Record<string, Json[]>[]

export interface Field {
  kind: 'object' | 'choice' | 'boolean' | 'number' | 'integer' | 'text' | 'many' | 'list' | 'json'
  name: string
  title: string
  description: string
  required: boolean
  nullable: boolean
  /** Of one left out; undefined where there is none. */
  standard: Json | undefined
  bounds: Bounds
  /** Of a choice, and of `many`: what may be chosen. */
  options: (string | number)[]
  /** Of text: what may be meant. */
  examples: string[]
  /** Of an object. */
  fields: Field[]
  /** Of a list: its members are numbers. */
  numbers: boolean
  when: When | null
}

/** What a schema says, with everything it refers to. */
export function fieldsOf(schema: unknown): Field[] {
  return asNode(schema) === null ? [] : objectFields(schema as Node, schema as Node)
}

/** Whether a field does anything beside these values of its neighbours. */
export function isUsed(field: Field, beside: Values, neighbours: readonly Field[]): boolean {
  if (field.when === null) return true
  return field.when.some((together) =>
    Object.entries(together).every(([name, wanted]) => {
      const value = beside[name] ?? neighbours.find((each) => each.name === name)?.standard
      const said = Array.isArray(value) ? value : [value ?? null]
      return said.some((each) => wanted.includes(each))
    }),
  )
}

/** The one choice that must be made: what tells several jobs of this workload apart (a model's MODE). */
export function deciding(fields: readonly Field[], above: Path = []): { path: Path; field: Field } | null {
  for (const field of fields) {
    const path = [...above, field.name]
    if (field.kind === 'choice' && field.required) return { path, field }
    const inside = field.kind === 'object' ? deciding(field.fields, path) : null
    if (inside !== null) return inside
  }
  return null
}

export function valueAt(values: Json | undefined, path: Path): Json | undefined {
  let found: Json | undefined = values
  for (const name of path) {
    if (!isObject(found)) return undefined
    found = found[name]
  }
  return found
}

/** A copy with another value at this place; undefined takes it away, and objects that become empty with it. */
export function withValue(values: Values, path: Path, value: Json | undefined): Values {
  const [name, ...rest] = path
  if (name === undefined) return values
  const { [name]: before, ...others } = values
  const inner = rest.length === 0 ? value : emptied(withValue(isObject(before) ? before : {}, rest, value))
  if (inner === undefined) return others
  return name in values
    ? Object.fromEntries(Object.entries(values).map(([key, old]) => [key, key === name ? inner : old]))
    : { ...values, [name]: inner }
}

/** Without what does nothing beside the other values, so that a form never sends what nobody sees. */
export function usedOnly(fields: readonly Field[], values: Values): Values {
  const kept = Object.entries(values).filter(([name]) => {
    const field = fields.find((each) => each.name === name)
    return field === undefined || isUsed(field, values, fields)
  })
  return Object.fromEntries(
    kept.map(([name, value]) => {
      const field = fields.find((each) => each.name === name)
      return [name, field?.kind === 'object' && isObject(value) ? usedOnly(field.fields, value) : value]
    }),
  )
}

export function isObject(value: Json | undefined): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function emptied(values: Values): Values | undefined {
  return Object.keys(values).length === 0 ? undefined : values
}

type Node = Record<string, unknown>

function asNode(value: unknown): Node | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Node) : null
}

function resolved(node: Node, root: Node): Node {
  if (typeof node.$ref !== 'string') return node
  let found: unknown = root
  for (const part of node.$ref.replace(/^#\//, '').split('/')) found = asNode(found)?.[part]
  return { ...resolved(asNode(found) ?? {}, root), ...node, $ref: undefined }
}

function objectFields(node: Node, root: Node): Field[] {
  const required = Array.isArray(node.required) ? node.required : []
  return Object.entries(asNode(node.properties) ?? {})
    .filter(([, of]) => asNode(of)?.deprecated !== true)
    .map(([name, of]) => fieldOf(name, asNode(of) ?? {}, root, required.includes(name)))
}

function fieldOf(name: string, raw: Node, root: Node, required: boolean): Field {
  const outer = resolved(raw, root)
  const { node, nullable } = withoutNull(outer, root)
  const items = resolved(asNode(node.items) ?? {}, root)
  const options = choices(node)
  return {
    kind: kindOf(node, items, options),
    name,
    title: typeof outer.title === 'string' && !isMadeUp(outer.title, name) ? outer.title : readable(name),
    description: text(outer.description) || text(node.description),
    required,
    nullable,
    standard: 'default' in outer ? (outer.default as Json) : undefined,
    bounds: bounds(node),
    options: options.length > 0 ? options : choices(items),
    examples: Array.isArray(outer.examples) ? outer.examples.map(String) : [],
    fields: asNode(node.properties) ? objectFields(node, root) : [],
    numbers: items.type === 'number' || items.type === 'integer',
    when: Array.isArray(outer['x-when']) ? (outer['x-when'] as When) : null,
  }
}

/** `anyOf: [something, null]` is something that may be null. */
function withoutNull(node: Node, root: Node): { node: Node; nullable: boolean } {
  const parts = Array.isArray(node.anyOf) ? node.anyOf : Array.isArray(node.oneOf) ? node.oneOf : null
  if (parts === null) return { node, nullable: node.type === 'null' }
  const known = parts.map((each) => resolved(asNode(each) ?? {}, root))
  const real = known.filter((each) => each.type !== 'null')
  const only = real.length === 1 ? real[0] : undefined
  return { node: only ?? {}, nullable: real.length < known.length }
}

function kindOf(node: Node, items: Node, options: (string | number)[]): Field['kind'] {
  if (options.length > 0) return 'choice'
  switch (node.type) {
    case 'object':
      return asNode(node.properties) ? 'object' : 'json'
    case 'array':
      if (choices(items).length > 0) return 'many'
      return ['number', 'integer', 'string'].includes(text(items.type)) ? 'list' : 'json'
    case 'boolean':
    case 'number':
    case 'integer':
      return node.type
    case 'string':
      return 'text'
    default:
      return 'json'
  }
}

function choices(node: Node): (string | number)[] {
  if ('const' in node) return [node.const as string]
  return Array.isArray(node.enum) ? (node.enum as (string | number)[]).filter((each) => each !== null) : []
}

function bounds(node: Node): Bounds {
  const found: Bounds = {}
  if (typeof node.minimum === 'number') found.min = node.minimum
  if (typeof node.maximum === 'number') found.max = node.maximum
  if (typeof node.exclusiveMinimum === 'number') Object.assign(found, { min: node.exclusiveMinimum, above: true })
  if (typeof node.exclusiveMaximum === 'number') Object.assign(found, { max: node.exclusiveMaximum, below: true })
  return found
}

/** Titles that pydantic makes of a name say nothing that the name does not. */
function isMadeUp(title: string, name: string): boolean {
  return title.replaceAll(' ', '').toLowerCase() === name.replaceAll('_', '').toLowerCase()
}

function readable(name: string): string {
  if (name === name.toUpperCase()) return name
  const words = name
    .replaceAll('_', ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
