import { describe, expect, it } from 'vitest'
import { placed } from './useCheck'
import { deciding, fieldsOf, isUsed, usedOnly, valueAt, withValue, type Field } from './schema'

const SCHEMA = {
  $defs: {
    Model: {
      properties: {
        MODE: { enum: ['LIN', 'Dense', 'ENSEMBLE'], title: 'Mode', type: 'string' },
        MEMBERS: {
          default: ['LIN'],
          items: { enum: ['LIN', 'Dense'], type: 'string' },
          type: 'array',
          'x-when': [{ MODE: ['ENSEMBLE'] }],
        },
        EP: {
          default: 20,
          minimum: 1,
          maximum: 2000,
          type: 'integer',
          'x-when': [{ MODE: ['Dense'] }, { MODE: ['ENSEMBLE'], MEMBERS: ['Dense'] }],
        },
        ALPHA: { anyOf: [{ exclusiveMinimum: 0, type: 'number' }, { type: 'null' }], default: null },
      },
      required: ['MODE'],
      type: 'object',
    },
  },
  properties: {
    max_gap_minutes: { type: 'number', title: 'Max Gap Minutes', description: 'longest gap' },
    model_parameters: { $ref: '#/$defs/Model' },
    quantiles: { anyOf: [{ items: { type: 'number' }, type: 'array' }, { type: 'null' }], default: [0.5] },
    space: { anyOf: [{ additionalProperties: { type: 'array' }, type: 'object' }, { type: 'null' }] },
    importance: { type: 'boolean', default: true },
    old: { type: 'string', deprecated: true },
    odd: { anyOf: [{ type: 'number' }, { type: 'string' }] },
  },
  required: ['model_parameters'],
}
const fields = fieldsOf(SCHEMA)
const byName = (name: string, among: readonly Field[] = fields) => {
  const found = among.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no field ${name}`)
  return found
}
const model = byName('model_parameters')

describe('fields of a schema', () => {
  it('follow references, and null among alternatives', () => {
    expect(fields.map((field) => field.kind)).toEqual(['number', 'object', 'list', 'json', 'boolean', 'json'])
    expect(byName('quantiles')).toMatchObject({ nullable: true, numbers: true, standard: [0.5] })
    expect(byName('ALPHA', model.fields)).toMatchObject({
      kind: 'number',
      nullable: true,
      bounds: { min: 0, above: true },
    })
    expect(byName('MEMBERS', model.fields)).toMatchObject({ kind: 'many', options: ['LIN', 'Dense'] })
  })

  it('are called by their name where their title only repeats it', () => {
    expect(byName('max_gap_minutes').title).toBe('Max gap minutes')
    expect(byName('EP', model.fields).title).toBe('EP')
  })

  it('have one choice that decides', () => {
    expect(deciding(fields)?.path).toEqual(['model_parameters', 'MODE'])
    expect(deciding([byName('importance')])).toBeNull()
  })

  it('are used only where a neighbour says so, with its default where it says nothing', () => {
    const epochs = byName('EP', model.fields)
    expect(isUsed(epochs, { MODE: 'LIN' }, model.fields)).toBe(false)
    expect(isUsed(epochs, { MODE: 'Dense' }, model.fields)).toBe(true)
    expect(isUsed(epochs, { MODE: 'ENSEMBLE' }, model.fields)).toBe(false)
    expect(isUsed(epochs, { MODE: 'ENSEMBLE', MEMBERS: ['LIN', 'Dense'] }, model.fields)).toBe(true)
  })

  it('that are not used are not sent, unknown ones are', () => {
    const values = { model_parameters: { MODE: 'LIN', EP: 5, TYPO: 1 }, importance: false }
    expect(usedOnly(fields, values)).toEqual({ model_parameters: { MODE: 'LIN', TYPO: 1 }, importance: false })
  })
})

describe('problems', () => {
  it('stand beside the field that shows them or the one around it, and none is lost', () => {
    const found = new Map([
      ['model_parameters.EP', 'too small'],
      ['quantiles.0', 'no share'],
      ['nowhere', 'unknown'],
    ])
    const { beside, complete } = placed(found, fields)
    expect([...beside]).toEqual([
      ['model_parameters.EP', 'too small'],
      ['quantiles', '0: no share'],
    ])
    expect(complete).toBe(false)
    expect(placed(new Map([['model_parameters', 'missing']]), fields).complete).toBe(true)
  })
})

describe('values', () => {
  it('are set and taken away at any depth, keeping the order', () => {
    const set = withValue({ a: 1, b: { c: 2 } }, ['b', 'd'], [3])
    expect(JSON.stringify(set)).toBe('{"a":1,"b":{"c":2,"d":[3]}}')
    expect(withValue(withValue(set, ['b', 'c'], undefined), ['b', 'd'], undefined)).toEqual({ a: 1 })
    expect(valueAt(set, ['b', 'c'])).toBe(2)
    expect(valueAt(set, ['a', 'c'])).toBeUndefined()
    expect(withValue({}, ['x', 'y'], null)).toEqual({ x: { y: null } })
  })
})
