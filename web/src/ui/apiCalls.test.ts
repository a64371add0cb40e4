/** What "the same by API" writes can be pasted: quoting, JSON as Python has it, forms. */
import { describe, expect, it } from 'vitest'
import { asCurl, asPython } from './apiCalls'

const ORIGIN = 'http://localhost:5000'

describe('asCurl', () => {
  it('quotes what a shell would read otherwise', () => {
    const text = asCurl([{ method: 'POST', path: '/api/x', body: { name: "it's $HOME" } }], ORIGIN)
    expect(text).toContain(`-d '{"name":"it'\\''s $HOME"}'`)
    expect(text).toContain(`-X POST 'http://localhost:5000/api/x'`)
  })

  it('sends forms as parts and keeps files', () => {
    const text = asCurl([{ method: 'POST', path: '/api/y', form: { chunk: '@load.csv' }, output: 'a.zip' }], ORIGIN)
    expect(text).toContain("-F 'chunk=@load.csv'")
    expect(text).toContain("-o 'a.zip'")
  })
})

describe('asPython', () => {
  it('writes true, false and null as Python does', () => {
    const text = asPython([{ method: 'PUT', path: '/api/x', body: { a: [true, null, 'b'], c: { d: false } } }], ORIGIN)
    expect(text).toContain(
      'server.put("http://localhost:5000/api/x", json={"a": [True, None, "b"], "c": {"d": False}})',
    )
  })

  it('opens the files of a form and leaves its texts as data', () => {
    const text = asPython([{ method: 'POST', path: '/api/y', form: { chunk: '@load.csv', metadata: '{}' } }], ORIGIN)
    expect(text).toContain('data={"metadata": "{}"}, files={"chunk": open("load.csv", "rb")}')
  })
})
