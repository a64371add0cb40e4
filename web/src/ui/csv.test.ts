import { expect, test } from 'vitest'
import { csvText } from './csv'

test('cells are quoted where they must be, and numbers keep their sign', () => {
  expect(csvText([['a,b', 'say "hi"', -1.5, null]])).toBe('"a,b","say ""hi""",-1.5,\n')
})

test('no text begins a formula', () => {
  const rows = ['=1+1', '+cmd', '-2', '@sum', '\tx', '|x', 'plain']
  expect(csvText([rows])).toBe("'=1+1,'+cmd,'-2,'@sum,'\tx,'|x,plain\n")
})
