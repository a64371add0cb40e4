import { describe, expect, it } from 'vitest'
import { applied, begin, changed, fromAddress, parsed, presetsFor, toggled, toSend, written } from './plan'
import { fieldsOf } from './schema'

const MODE = ['model_parameters', 'MODE']
const OWN = ['model_parameters']
const plan = begin(MODE, 'LIN')

describe('a plan of several trainings', () => {
  it('begins with one and never has none', () => {
    expect(plan.configs).toEqual([{ model_parameters: { MODE: 'LIN' } }])
    expect(toggled(plan, MODE, 'LIN')).toEqual(plan)
  })

  it('begins with what the address says of fields that all share', () => {
    const fields = fieldsOf({
      type: 'object',
      properties: { max_gap_minutes: { type: 'number' }, arithmetic: { enum: ['honest', 'compat'] } },
    })
    const said = (query: string) => fromAddress(new URLSearchParams(query), fields)
    expect(said('max_gap_minutes=180&arithmetic=compat')).toEqual({ max_gap_minutes: 180, arithmetic: 'compat' })
    expect(said('max_gap_minutes=long&arithmetic=mine&job=1')).toEqual({})
    expect(begin(MODE, 'LIN', said('max_gap_minutes=30')).configs).toEqual([
      { max_gap_minutes: 30, model_parameters: { MODE: 'LIN' } },
    ])
  })

  it('gets a job more with every choice, which shares all but the model', () => {
    const two = toggled(changed(plan, ['importance'], OWN, false), MODE, 'Dense')
    expect(two.at).toBe(1)
    expect(two.configs[1]).toEqual({ importance: false, model_parameters: { MODE: 'Dense' } })
    const deeper = changed(two, ['model_parameters', 'EP'], OWN, 5)
    expect(deeper.configs.map((each) => each.model_parameters)).toEqual([{ MODE: 'LIN' }, { MODE: 'Dense', EP: 5 }])
    expect(toggled(deeper, MODE, 'LIN')).toMatchObject({ at: 0, configs: [{ model_parameters: { EP: 5 } }] })
  })

  it('takes what is written by hand for the job that is shown, and the shared part for all', () => {
    const two = toggled(plan, MODE, 'Dense')
    const by = written(two, OWN, { quantiles: [], model_parameters: { MODE: 'Dense', N: 8 } })
    expect(by.configs[0]).toEqual({ quantiles: [], model_parameters: { MODE: 'LIN' } })
    expect(by.configs[1]).toEqual({ quantiles: [], model_parameters: { MODE: 'Dense', N: 8 } })
  })

  it('offers only presets whose models there are', () => {
    expect(presetsFor(['LIN', 'RIDGE'])).toEqual(['quick'])
    expect(applied(plan, MODE, 'quick').configs.map((each) => each.model_parameters)).toEqual([
      { MODE: 'LIN' },
      { MODE: 'RIDGE' },
    ])
  })

  it('is sent side by side only where there are several and the workload knows of it', () => {
    const fields = fieldsOf({ properties: { allow_parallel: { type: 'boolean' } } })
    expect(toSend(plan, fields)[0]).not.toHaveProperty('allow_parallel')
    expect(toSend(toggled(plan, MODE, 'Dense'), fields)[1]).toHaveProperty('allow_parallel', true)
    expect(toSend(toggled(plan, MODE, 'Dense'), [])[1]).not.toHaveProperty('allow_parallel')
  })

  it('says why a text is no config', () => {
    expect(parsed('{"a": 1}')).toEqual({ config: { a: 1 } })
    expect(parsed('[1]')).toHaveProperty('problem')
    expect(parsed('{"a": ')).toHaveProperty('problem')
  })
})
