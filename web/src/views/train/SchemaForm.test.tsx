import { fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { expect, it } from 'vitest'
import { SpeechProvider } from '@/i18n'
import { fieldsOf, withValue, type Values } from './schema'
import { SchemaForm } from './SchemaForm'

const FIELDS = fieldsOf({
  properties: {
    model: {
      type: 'object',
      properties: {
        kind: { enum: ['a', 'b'], type: 'string', default: 'a' },
        depth: { type: 'integer', default: 3, 'x-when': [{ kind: ['b'] }] },
      },
    },
    shares: { type: 'array', items: { type: 'number' }, default: [0.5] },
    sure: { type: 'boolean', default: true },
  },
})

function Form({ problems, told }: { problems: Record<string, string>; told: (values: Values) => void }) {
  const [values, setValues] = useState<Values>({})
  return (
    <SpeechProvider>
      <SchemaForm
        fields={FIELDS}
        values={values}
        problems={new Map(Object.entries(problems))}
        onChange={(path, value) => {
          const next = withValue(values, path, value)
          setValues(next)
          told(next)
        }}
      />
    </SpeechProvider>
  )
}

it('draws what a schema says, keeps only what differs, and shows what matters', () => {
  let values: Values = {}
  render(<Form problems={{}} told={(next) => (values = next)} />)
  expect(screen.queryByLabelText('Depth')).toBeNull()
  fireEvent.change(screen.getByLabelText('Kind'), { target: { value: '1' } })
  fireEvent.change(screen.getByLabelText('Depth'), { target: { value: '7' } })
  expect(values).toEqual({ model: { kind: 'b', depth: 7 } })
  fireEvent.change(screen.getByLabelText('Depth'), { target: { value: '' } })
  fireEvent.change(screen.getByLabelText('Kind'), { target: { value: '0' } })
  expect(values).toEqual({})
  expect(screen.queryByLabelText('Depth')).toBeNull()
})

it('keeps what is being typed, and sends numbers as soon as they are some', () => {
  let values: Values = {}
  render(<Form problems={{}} told={(next) => (values = next)} />)
  const list = screen.getByLabelText<HTMLInputElement>('Shares')
  for (const text of ['0', '0.', '0.1', '0.1,', '0.1, 0.9']) {
    fireEvent.change(list, { target: { value: text } })
    expect(list.value).toBe(text)
  }
  expect(values).toEqual({ shares: [0.1, 0.9] })
  fireEvent.change(screen.getByLabelText('Sure'), { target: { value: '1' } })
  expect(values).toEqual({ shares: [0.1, 0.9], sure: false })
})

it('says what is wrong beside its field', () => {
  render(<Form problems={{ 'model.kind': 'kind must be c' }} told={() => undefined} />)
  const field = screen.getByRole('combobox', { name: 'Kind', description: 'kind must be c' })
  expect(field.getAttribute('aria-invalid')).toBe('true')
})
