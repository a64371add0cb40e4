import { describe, expect, it } from 'vitest'
import { plansOf, repeatedNames, usualRoles } from './plan'

const numbers = (...names: string[]) => names.map((name) => ({ name, kind: 'number' }))

describe('plans', () => {
  it('leave out true and false until somebody wants them', () => {
    const columns = [{ name: 'Estimated', kind: 'truth' }, ...numbers('Load', 'Wind')]
    expect(usualRoles(columns).map(({ role }) => role)).toEqual(['none', 'both', 'input'])
  })

  it('take the first column as output and input, the others as inputs', () => {
    const plans = plansOf(usualRoles(numbers('Load', 'Temperature')), { timezone: 'Europe/Vienna' })
    expect(plans).toEqual([
      {
        role: 'input',
        columns: [
          { column: 'Load', bezeichnung: 'Load' },
          { column: 'Temperature', bezeichnung: 'Temperature' },
        ],
        importOptions: { timezone: 'Europe/Vienna' },
      },
      {
        role: 'output',
        columns: [{ column: 'Load', bezeichnung: 'Load' }],
        importOptions: { timezone: 'Europe/Vienna' },
      },
    ])
  })

  it('leave out what is not wanted, and are none where nothing is', () => {
    expect(plansOf([{ column: 'a', name: 'a', role: 'none' }], {})).toEqual([])
  })

  it('know names that come twice in one role only', () => {
    const twice = [
      { column: 'a', name: 'x', role: 'input' as const },
      { column: 'b', name: ' x ', role: 'input' as const },
    ]
    expect(repeatedNames(plansOf(twice, {}))).toEqual(['x'])
    expect(repeatedNames(plansOf(usualRoles(numbers('a', 'b')), {}))).toEqual([])
  })
})
